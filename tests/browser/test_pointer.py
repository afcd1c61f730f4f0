"""A press that is not meant does nothing."""

import pytest
from playwright.sync_api import expect


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
