"""Adds to a wheel what has to be made or picked first: static files as browsers get them, and the documents."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Files(BuildHookInterface):  # type: ignore[type-arg]
    """hatchling calls it (`tool.hatch.build` in pyproject.toml)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # runs in the checkout, where these are
            return
        root = Path(self.root)
        sys.path.insert(0, self.root)
        from app.wsgi.static_manifest import Manifest  # noqa: PLC0415 -- in the checkout that is built

        made = root / "build" / "shipped"
        made.parent.mkdir(exist_ok=True)
        Manifest(follows_changes=False).ship(made)
        files = build_data["force_include"]
        files[str(made)] = "app/_files/build"
        for page in (root / "docs").glob("*.md"):
            files[str(page)] = f"app/_files/docs/{page.name}"
