"""The way to a new key, as a person walks it, with what it costs in clicks and keystrokes."""

import json
import re
import subprocess

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor

JAVASCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])


def settings_of(visitor: Visitor, name: str) -> dict:
    """The key of this name, as JSON."""
    ask = visitor.context.request
    keys = ask.get(f"/v1/orgs/{ask.get('/v1/orgs').json()['data'][0]['id']}/keys").json()["data"]
    return next(key for key in keys if key["name"] == name)


def run(command: str) -> dict:
    done = subprocess.run(f"{command} --silent", shell=True, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@JAVASCRIPT
def test_a_key_for_ci_with_an_address_and_a_last_day(open_browser, javascript):
    """Ten clicks or choices and eight keystrokes from the empty list to a key that was tested and saved."""
    visitor = open_browser(java_script_enabled=javascript).sign_in()
    page = visitor.page
    page.get_by_role("link", name="Create the first key").click()
    page.get_by_role("link", name="CI bot").click()
    page.get_by_label("Name").fill("CI bot of the website")
    page.get_by_label("Expires").select_option("On a date")
    page.get_by_label("Last day").fill("2030-01-31")
    page.get_by_text("Limits (optional)").click()
    page.get_by_role("button", name="Add your address").click()
    page.get_by_role("button", name="Create key").click()

    with page.expect_download():
        page.get_by_role("button", name="Download keydesk.env").click()
    with visitor.context.expect_page() as opening:
        page.get_by_role("button", name="Test it now").click()
    expect(opening.value.get_by_role("heading", name="This key is accepted")).to_be_visible()
    opening.value.close()
    assert run(page.locator("#curl").inner_text())["data"] == {"generation": 1}
    page.get_by_role("link", name="I have copied it").click()

    key = settings_of(visitor, "CI bot of the website")
    assert key["scopes"] == ["cache:invalidate"]
    assert key["expires_at"] == "2030-01-31T23:59:59Z"
    assert key["networks"] == ["127.0.0.1/32"]


@JAVASCRIPT
def test_the_first_working_key(open_browser, javascript):
    """Four clicks and a name from the empty list to an answer to the key."""
    page = open_browser(java_script_enabled=javascript).sign_in().page
    page.get_by_role("link", name="Create the first key").click()
    page.get_by_role("link", name="Read-only").click()
    page.get_by_label("Name").fill("Report")
    page.get_by_role("button", name="Create key").click()
    with page.context.expect_page() as opening:
        page.get_by_role("button", name="Test it now").click()
    expect(opening.value.get_by_role("heading", name="This key is accepted")).to_be_visible()


def test_a_link_fills_in_the_form_even_if_one_has_to_sign_in_first(open_browser):
    visitor = open_browser().sign_in()
    page, email = visitor.page, visitor.page.locator(".person").inner_text().split()[0]
    org = visitor.context.request.get("/v1/orgs").json()["data"][0]["id"]
    visitor.context.clear_cookies()
    page.goto(f"/orgs/{org}/keys/new?name=Deploy+bot&scope=cache:invalidate&scope=root&expires=never")
    page.get_by_label("Email address").fill(email)
    page.get_by_role("button", name="Send me a sign-in link").click()
    page.get_by_role("link", name="Open the sign-in link").click()

    expect(page.get_by_role("heading", name="New key")).to_be_visible()
    expect(page.get_by_text("A link filled in this form.")).to_be_visible()
    expect(page.get_by_text("There is no scope “root”.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Deploy bot")
    expect(page.get_by_label("Expires")).to_have_value("")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(1)
    expect(page.get_by_role("checkbox", name=re.compile("^cache:invalidate "))).to_be_checked()
    assert visitor.key_names() == []


def day_is_asked_for(page: Page) -> bool:
    return page.get_by_label("Last day").is_visible()


@JAVASCRIPT
def test_the_last_day_is_asked_for_only_if_the_key_ends_on_a_date(open_browser, javascript):
    page = open_browser(java_script_enabled=javascript).sign_in().page
    page.get_by_role("link", name="Create the first key").click()
    assert not day_is_asked_for(page)
    page.get_by_label("Expires").select_option("On a date")
    assert day_is_asked_for(page)
    page.get_by_label("Expires").select_option("Never")
    assert not day_is_asked_for(page)
