"""The axe engine in a page. (Its own `run` would load half a megabyte again each time.)"""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

RULES: dict[str, Any] = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "rules": {"label-content-name-mismatch": {"enabled": True}},
    "resultTypes": ["violations", "incomplete"],
}
#: Those that depend on colours.
COLOUR_RULES = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": RULES["resultTypes"],
}
#: What passed is half a megabyte that nobody reads.
RUN = "rules => axe.run(rules).then(({ violations, incomplete }) => ({ violations, incomplete }))"


def load(page: Page) -> None:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)


def run(page: Page, rules: dict[str, Any] = RULES) -> AxeResults:
    """Its `response` holds the violations, and the incomplete: what the engine cannot decide."""
    load(page)
    return AxeResults(page.evaluate(RUN, rules))
