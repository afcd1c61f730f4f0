"""The machine's own Chromium: the one without a window, if it is there, because it needs half the time."""

import os
import shutil

import pytest

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # One process less, and a page takes a tenth less time to open.
    "--enable-features=NetworkServiceInProcess2",
)


def launch_options() -> dict[str, object]:
    """What Playwright's `launch` takes. Without a Chromium the test is skipped, but fails where `CI=true`."""
    arguments = list(ARGUMENTS)
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return {
        "executable_path": program(*NAMES),
        "args": arguments,
        # Playwright switches this cache off; people's browsers have it, and a key must not come back out of it.
        "ignore_default_args": ["--disable-back-forward-cache"],
    }


def program(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        message = f"no {names[0]} on this machine; install it, e.g. with: apt-get install {names[0]}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found
