"""The command `keydesk`. A wheel has this file as the module `keydesk`, outside of `app`: it must also start, to say
so, where another program's package `app` stands in the way of ours. So it imports nothing of ours before it has looked.
"""

import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

_OWN = "Install Keydesk into an environment of its own: pipx install keydesk-….whl, or uv tool install keydesk-….whl"


def main() -> None:
    if problem := foreign_app(Path(__file__).resolve().parent):
        print(f"Keydesk cannot start: {problem}", file=sys.stderr)  # noqa: T201 -- click may be missing, too
        sys.exit(1)
    from app.cli.__main__ import main as start  # noqa: PLC0415 -- first it looks

    start("keydesk")


def foreign_app(site_packages: Path) -> str | None:
    """What is wrong if `app` is not Keydesk's alone, and what to do about it."""
    found = find_spec("app")
    folder = Path(found.origin).resolve().parent if found and found.origin else None
    if folder != site_packages / "app":
        return (
            f"another package that is called app, in {folder}, comes before Keydesk's."
            f" Take its folder out of PYTHONPATH. {_OWN}"
        )
    if others := sorted(set(_owners_of_app(site_packages)) - {"keydesk"}):
        return f"{', '.join(others)} is installed beside it and brings a package app, too. {_OWN}"
    return None


def _owners_of_app(site_packages: Path) -> Iterator[str]:
    """The distributions with files in `app/`, by what their installers recorded."""
    for distribution in distributions(path=[str(site_packages)]):
        record = distribution.read_text("RECORD") or ""
        if record.startswith("app/") or "\napp/" in record:
            yield distribution.metadata["Name"].lower()
