"""The Tab key reaches everything, and the focus can be seen wherever it is."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import expect

from tests.browser.check import check
from tests.browser.opened_page import OpenedPage
from tests.browser.views import WIDE_DARK


@dataclass(frozen=True)
class TabThrough:
    """One press of Tab more than there are controls. A stop is None where the focus is not on the page."""

    controls: list[str]
    stops: list[dict[str, Any] | None]
    before: tuple[str, str, int, str]
    after: tuple[str, str, int, str]

    @property
    def names(self) -> list[str | None]:
        return [stop and stop["what"] for stop in self.stops]


def tab_through(opened: OpenedPage) -> TabThrough:
    controls, before = opened.ask("focusable"), _snapshot(opened)
    opened.change("recordTabStops")
    for _ in range(len(controls) + 1 + opened.ask("stopsWithinDates")):
        opened.page.keyboard.press("Tab")
    return TabThrough(controls, opened.ask("tabStops"), before, _snapshot(opened))


def _snapshot(opened: OpenedPage) -> tuple[str, str, int, str]:
    page = opened.page
    return page.url, opened.ask("title"), len(page.context.pages), opened.ask("visibleText")


@check("2.1.1", "2.1.2", "2.4.3")
def tab_reaches_every_control_in_reading_order_and_goes_on(opened):
    tabbed = opened.once(tab_through)
    *reached, last = tabbed.names
    assert reached == tabbed.controls
    assert last in {None, tabbed.controls[0]}


@check("2.4.7", "2.4.11", "1.4.11")
def the_focus_is_seen_at_every_stop(opened):
    all_are_seen(filter(None, opened.once(tab_through).stops))


@check("2.4.7", "2.4.11", "1.4.11", views=[WIDE_DARK])
def the_focus_is_seen_in_the_dark_too(opened):
    # What a script focuses after this shows it as after the Tab key, which costs a hundred times as much.
    opened.page.keyboard.press("Tab")
    stops = opened.page.evaluate("probe.focusEach()")
    assert [stop["what"] for stop in stops] == opened.ask("focusable")
    all_are_seen(stops)


def all_are_seen(stops):
    for stop in stops:
        assert stop["outline"] >= 2, stop
        assert stop["contrast"] >= 3, stop
        assert not stop["covered"], stop


@check("3.2.1", "1.4.13")
def moving_the_focus_changes_nothing_but_the_skip_link(opened):
    tabbed = opened.once(tab_through)
    changing = {stop["what"] for stop in filter(None, tabbed.stops) if stop["text"] != tabbed.before[-1]}
    assert changing <= {"a Skip to content"}
    assert tabbed.after == tabbed.before


@check("2.4.1")
def the_first_stop_skips_to_the_content(opened):
    page = opened.page
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to content")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement === document.body || !document.activeElement.closest('header')")
