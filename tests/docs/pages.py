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


def tables(text: str) -> list[list[list[str]]]:
    """The rows of each table in the text, as lists of cells; headings are left out."""
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in found.splitlines()[2:]]
        for found in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    ]


def rows(text: str) -> list[list[str]]:
    """Those of all tables in the text."""
    return [row for table in tables(text) for row in table]


def code(text: str) -> list[str]:
    """What is between backticks. Blocks of code are left out."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
