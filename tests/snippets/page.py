"""The snippets of docs/verify-from-your-api.md, word for word."""

import re
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs" / "verify-from-your-api.md"


def snippet(heading: str, language: str) -> str:
    """The one block of `language` under the heading that begins so."""
    (section,) = re.findall(
        rf"^## {re.escape(heading)}.*?$(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return block
