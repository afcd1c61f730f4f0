"""One click or one tap does everything."""

import pytest
from playwright.sync_api import expect

from tests.browser.views import PHONE
from tests.browser.visitor import fresh_email


@pytest.mark.wcag("2.5.2")
def test_a_press_that_slips_off_the_button_does_nothing(visitor):
    page = visitor.page
    page.goto("/sign-in")
    box = page.get_by_role("button", name="Send me a sign-in link").bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] + 100)
    page.mouse.up()
    page.wait_for_timeout(200)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("[aria-invalid]")).to_have_count(0)


@pytest.mark.wcag("2.5.1")
def test_the_job_is_done_by_tapping(open_browser):
    visitor = open_browser(viewport=PHONE.size, has_touch=True, is_mobile=True)
    page = visitor.page
    page.goto("/sign-in")
    page.get_by_label("Email address").tap()
    page.get_by_label("Email address").fill(fresh_email())
    page.get_by_role("button", name="Send me a sign-in link").tap()
    page.get_by_role("link", name="Open the sign-in link").tap()
    page.get_by_role("link", name="Create the first key").tap()
    page.get_by_label("Name").fill("By tapping")
    page.get_by_role("button", name="Create key").tap()
    page.get_by_role("link", name="I have copied it").tap()
    page.get_by_role("link", name="Revoke By tapping").tap()
    page.get_by_role("button", name="Revoke key").tap()
    expect(page.get_by_role("article")).to_contain_text("Revoked")


@pytest.mark.wcag("4.1.3")
def test_copying_is_announced_without_moving_the_focus(visitor):
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.sign_in()
    visitor.create_key("Only one")
    button = visitor.page.get_by_role("button", name="Copy the key")
    expect(visitor.page.get_by_role("status").first).to_be_empty()
    button.click()
    expect(visitor.page.get_by_role("status").first).to_have_text("Copied")
    expect(button).to_be_focused()
