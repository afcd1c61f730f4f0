"""Everything can be done with the keyboard alone, and one always sees where one is."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import fresh_email

MOST_STOPS = 130


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {target}")


def press_on(page: Page, role: str, name: str, key: str = "Enter") -> None:
    tab_to(page, page.get_by_role(role, name=re.compile(name)).first)
    page.keyboard.press(key)


def tab_through(page: Page) -> list[dict]:
    """Every stop of the Tab key, from the top until the focus leaves the page or is back at the top."""
    stops = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate("probe.focusStop()")
        if stop is None or (stops and stop["what"] == stops[0]["what"]):
            return stops
        stops.append(stop)
    raise AssertionError(f"the focus is caught at {stops[-1]['what']}")


@pytest.mark.wcag("2.1.1")
def test_the_whole_job_is_done_with_tab_enter_and_space(visitor):
    page = visitor.page
    page.goto("/")
    tab_to(page, page.get_by_label("Email address"))
    page.keyboard.type(fresh_email())
    page.keyboard.press("Enter")
    press_on(page, "link", "Open the sign-in link")

    press_on(page, "link", "Create the first key")
    tab_to(page, page.get_by_label("Name"))
    page.keyboard.type("By keyboard")
    press_on(page, "checkbox", "^notes:read", "Space")
    tab_to(page, page.get_by_label("Expires"))
    page.keyboard.press("ArrowDown")
    press_on(page, "button", "Create key", "Space")
    key = visitor.shown_key()
    expect(page.get_by_text("It expires on")).to_be_visible()

    press_on(page, "button", "Copy the key", "Space")
    expect(page.get_by_role("status").first).to_have_text(re.compile("Copied|Selected"))
    press_on(page, "link", "I have copied it")
    press_on(page, "link", "Rotate By keyboard")
    press_on(page, "button", "Rotate key")
    assert visitor.shown_key() != key
    press_on(page, "link", "I have copied it")
    press_on(page, "link", "Revoke By keyboard")
    press_on(page, "button", "Revoke key")
    expect(page.get_by_role("status")).to_contain_text("is revoked")

    press_on(page, "link", "Sessions")
    expect(page.get_by_role("heading", name="Your sessions")).to_be_visible()
    press_on(page, "button", "Sign out", "Space")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.wcag("2.1.1")
def test_an_agent_is_connected_with_tab_enter_and_space(visitor):
    page = visitor.become("rita").page
    page.goto("/device")
    tab_to(page, page.get_by_label("Code"))
    page.keyboard.type(visitor.agents_code().lower())
    page.keyboard.press("Enter")
    press_on(page, "checkbox", "^agent:r ", "Space")
    tab_to(page, page.get_by_label("In the name of"))
    press_on(page, "button", "Give it a key")
    expect(page.get_by_role("heading", name="Claude Code gets its key")).to_be_visible()


@pytest.mark.wcag("2.1.1", "2.1.2", "2.4.3")
def test_tab_reaches_every_control_in_reading_order_and_goes_on(there):
    expected = there.evaluate("probe.focusable()")
    assert [stop["what"] for stop in tab_through(there)] == expected


@pytest.mark.wcag("2.4.7", "2.4.11", "1.4.11")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_focus_is_seen_at_every_stop(there, scheme):
    there.emulate_media(color_scheme=scheme)
    for stop in tab_through(there):
        assert stop["outline"] >= 2, stop
        assert stop["contrast"] >= 3, stop
        assert not stop["covered"], stop


@pytest.mark.wcag("3.2.1", "1.4.13")
def test_moving_the_focus_changes_nothing_but_the_skip_link(there):
    before = there.url, there.title(), len(there.context.pages)
    text = there.evaluate("probe.visibleText()")
    for stop in tab_through(there):
        if stop["what"] != "a Skip to content":
            assert there.evaluate("probe.visibleText()") == text
    assert (there.url, there.title(), len(there.context.pages)) == before


@pytest.mark.wcag("2.4.1")
def test_the_first_stop_skips_to_the_content(there):
    there.keyboard.press("Tab")
    link = there.get_by_role("link", name="Skip to content")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport(ratio=1)
    there.keyboard.press("Enter")
    expect(there.locator("main")).to_be_focused()
    there.keyboard.press("Tab")
    assert there.evaluate("document.activeElement === document.body || !document.activeElement.closest('header')")


@pytest.mark.wcag("2.1.4")
def test_no_letter_is_a_shortcut(there):
    before = there.url, there.evaluate("probe.visibleText()")
    there.keyboard.type("abcdefghijklmnopqrstuvwxyz0123456789.,-/?")
    assert (there.url, there.evaluate("probe.visibleText()")) == before
