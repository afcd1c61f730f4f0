"""Icons of pages: each is a part of one file, which browsers keep (`app/wsgi/icon_sprite.py`)."""

from functools import cache

from flask import url_for

from app.config import ROOT


def icon_url(name: str) -> str:
    """Where a Lucide icon is. Raises `LookupError` if it is not vendored."""
    if name not in _vendored():
        raise LookupError(f"There is no {name}.svg in static/vendor/lucide-…")
    return f"{url_for('static', filename='icons.svg')}#{name}"


@cache
def _vendored() -> frozenset[str]:
    return frozenset(file.stem for file in (ROOT / "static").glob("vendor/lucide-*/*.svg"))
