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


def open_menu(page: Page) -> None:
    """The person's menu in the header."""
    tab_to(page, page.locator(".person summary"))
    page.keyboard.press("Enter")


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
    press_on(page, "link", "Rotate")
    press_on(page, "button", "Rotate key")
    assert visitor.shown_key() != key
    press_on(page, "link", "I have copied it")
    press_on(page, "link", "Revoke")
    press_on(page, "button", "Revoke key")
    expect(page.get_by_role("status").first).to_contain_text("is revoked")

    open_menu(page)
    press_on(page, "link", "Account")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    open_menu(page)
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
    tab_to(page, page.get_by_label("Organization"))
    press_on(page, "button", "Approve")
    expect(page.get_by_role("heading", name="Claude Code gets its key")).to_be_visible()


@pytest.mark.wcag("2.1.4")
def test_no_letter_is_a_shortcut(visitor):
    """Typed on one page: none listens to letters, says `scripts_listen_to_clicks_and_to_escape_alone`."""
    page = visitor.page
    visitor.sign_in()
    before = page.url, page.title(), page.evaluate("document.body.innerText")
    page.keyboard.type("abcdefghijklmnopqrstuvwxyz0123456789.,-/?")
    assert (page.url, page.title(), page.evaluate("document.body.innerText")) == before
