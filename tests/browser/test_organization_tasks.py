"""What people do with organizations, with the pages alone."""

import httpx
import pytest
from playwright.sync_api import expect

JAVASCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])


@pytest.fixture
def someone(open_browser, javascript):
    return open_browser(java_script_enabled=javascript).sign_in()


def use(visitor, key):
    return httpx.get(f"{visitor.site.url}/v1/me", headers={"x-api-key": key})


def choose(visitor, entry):
    """From the menu of organizations."""
    visitor.page.locator("header .org summary").click()
    visitor.follow(visitor.page.locator("header .org").get_by_role("link", name=entry))


@JAVASCRIPT
def test_an_organization_gets_another_name(someone):
    page = someone.page
    _, key = someone.key_from_api("worker")
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Name", exact=True).fill("Acme Widgets")
    someone.follow(page.get_by_role("button", name="Save name"))
    expect(page.get_by_role("status").first).to_contain_text("The organization is named “Acme Widgets” now.")
    expect(page.locator("header .org summary")).to_contain_text("Acme Widgets")
    assert use(someone, key).json()["data"]["organization"]["name"] == "Acme Widgets"


@JAVASCRIPT
def test_somebody_makes_a_second_organization_goes_to_and_fro_and_deletes_it(someone):
    page = someone.page
    first = page.locator("header .org summary .org-name").inner_text()
    choose(someone, "New organization")
    page.get_by_label("Name", exact=True).fill("Second")
    someone.follow(page.get_by_role("button", name="Create organization"))
    expect(page).to_have_title("Keys · Second · Keydesk")
    key = someone.create_key("nightly")
    choose(someone, f"{first} owner")
    expect(page).to_have_title(f"Keys · {first} · Keydesk")
    choose(someone, "Second owner")
    expect(page.get_by_role("link", name="nightly")).to_be_visible()
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Delete Second").click()
    expect(page.get_by_text("1 active key stops working at once")).to_be_visible()
    page.get_by_label("Name of the organization").fill("second")
    someone.follow(page.get_by_role("button", name="Delete organization"))
    expect(page.get_by_role("status").first).to_contain_text("“Second” is deleted")
    expect(page).to_have_title(f"Keys · {first} · Keydesk")
    assert use(someone, key).json()["error_code"] == "KEY_DISABLED"
