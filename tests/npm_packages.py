"""Packages from npm for tests, at the versions of a package-lock.json."""

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.proxies.running import found_program


def install(folder: Path) -> None:
    """Puts `node_modules` into `folder`, unless it is there. Without npm, or without its registry, the test is skipped,
    but fails where `CI=true`."""
    modules = folder / "node_modules"
    if modules.exists():
        return
    npm = found_program("npm", "apt-get install npm")
    # Beside it and moved at the end, so that another test process never sees half of it.
    with TemporaryDirectory(dir=folder, prefix=".installing-") as temporary:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            (Path(temporary) / name).write_bytes((folder / name).read_bytes())
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--fetch-retries=1"],
            cwd=temporary,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        if done.returncode:
            message = f"npm could not install what {folder.name} needs; try: cd {folder} && npm ci\n{done.stderr}"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
        try:
            (Path(temporary) / "node_modules").rename(modules)
        except OSError:
            # Another process was faster.
            assert modules.exists()
