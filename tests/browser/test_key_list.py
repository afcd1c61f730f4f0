"""The list of keys, as a screen reader tells it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.views import PHONE


@pytest.mark.wcag("1.3.1")
def test_the_list_of_keys_is_told_as_it_is_seen(visitor):
    visitor.become("alice").page.goto("/")
    key = visitor.page.get_by_role("row", name=re.compile("Laptop of Alice"))
    # Other tests of this run may have made keys here too; the API knows how many there are.
    asked = visitor.context.request
    org = asked.get("/v1/orgs").json()["data"][0]["id"]
    keys = asked.get(f"/v1/orgs/{org}/keys").json()["data"]
    assert len(keys) >= 5
    working = [key for key in keys if key["status"] not in {"revoked", "expired"}]
    expect(visitor.page.locator("tbody").get_by_role("row")).to_have_count(len(working))
    expect(key).to_match_aria_snapshot("""
      - row /Laptop of Alice whk_.+ Expires soon/:
        - cell "Select Laptop of Alice":
          - checkbox "Select Laptop of Alice"
        - rowheader /Laptop of Alice whk_.+/:
          - link "Laptop of Alice"
          - code: /whk_.+/
        - cell "Expires soon"
        - cell "0"
        - cell "0"
        - cell "never"
        - cell /in \\d days/:
          - time: /in \\d days/
        - cell "agent:rw":
          - code: agent:rw
    """)


def test_filters_are_behind_a_click_on_a_phone_unless_one_is_set(open_browser):
    """Without JavaScript."""
    page = open_browser(java_script_enabled=False).become("alice").page
    scope, choices = page.get_by_label("Scope", exact=True), page.locator("summary", has_text="Filter and sort")
    page.goto("/")
    expect(scope).to_be_visible()
    expect(choices).to_be_hidden()
    PHONE.apply(page)
    expect(scope).to_be_hidden()
    choices.click()
    scope.select_option("notes:read")
    page.get_by_role("button", name="Apply").click()
    expect(scope).to_be_visible()
    expect(page.get_by_role("link", name="Without the scope")).to_be_visible()
    scope.select_option("Any scope")
    page.get_by_label("Search keys").fill("scope")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("link", name="Without the scope")).to_be_visible()
    expect(scope).to_be_hidden()
