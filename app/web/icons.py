"""Icons, drawn into the page, so that they cost no request."""

import re
from functools import cache

from markupsafe import Markup

from app.config import ROOT

_FOLDER = ROOT / "static" / "vendor" / "lucide-1.62.0"
_SHAPES = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@cache
def icon_shapes(name: str) -> Markup:
    """The shapes of a Lucide icon, without the `svg` element around them. Raises `FileNotFoundError` if it is not
    vendored."""
    found = _SHAPES.search((_FOLDER / f"{name}.svg").read_text())
    assert found, f"{name}.svg is no icon"
    shapes = " ".join(found[1].split())
    return Markup(shapes)  # noqa: S704 -- a file of ours, whose checksum a test compares
