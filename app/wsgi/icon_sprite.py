"""All icons as one SVG file, from which pages use each by its name."""

import re
from collections.abc import Iterable
from pathlib import Path

_SHAPES = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def sprite(files: Iterable[Path]) -> bytes:
    """A symbol for each of these Lucide icons, under the name of its file. Colour and stroke are those of whoever uses
    it."""
    symbols = "".join(_symbol(file) for file in files)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'.encode()


def _symbol(file: Path) -> str:
    found = _SHAPES.search(file.read_text())
    assert found, f"{file.name} is no icon"
    return f'<symbol id="{file.stem}" viewBox="0 0 24 24">{" ".join(found[1].split())}</symbol>'
