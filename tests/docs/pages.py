"""The documents of the repository, as tests read them."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
#: Everything that is written for readers of the repository. Files under templates/ are served, not read here.
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *DOCS.rglob("*.md"),
        ROOT / "deploy" / "README.md",
        ROOT / "app" / "domain" / "README.md",
        ROOT / "static" / "vendor" / "README.md",
    ]
)


def section(page: Path, heading: str) -> str:
    """What is under the heading, up to the next one of its rank or a higher one."""
    text = page.read_text(encoding="utf-8")
    (found,) = re.finditer(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    rest = text[found.end() :]
    return re.split(rf"^#{{1,{len(found[1])}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every table in the text, headings left out."""
    found = []
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        lines = table.splitlines()
        found += [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]
    return found


def table(page: Path, heading: str) -> list[list[str]]:
    """The cells of the tables under the heading."""
    return rows(section(page, heading))


def code(cell: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)
