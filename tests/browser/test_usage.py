"""The usage page, as somebody uses it who asks what was called last week."""

import pytest
from playwright.sync_api import expect


@pytest.mark.wcag("1.1.1", "2.1.1")
def test_last_weeks_requests_are_found_by_keyboard_and_told_as_they_are_seen(visitor):
    page = visitor.become("alice").page
    page.goto("/")
    page.get_by_role("link", name="Usage", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Requests in the last 7 days")).to_be_visible()
    numbers = page.get_by_text("Numbers by day")
    numbers.press("Enter")
    table = page.get_by_role("table").filter(has=page.get_by_role("columnheader", name="Day (UTC)"))
    expect(table.get_by_role("row")).to_have_count(8)
    expect(page.get_by_role("main")).to_match_aria_snapshot("""
      - heading "Usage" [level=1]
      - navigation "Time range"
      - region "Requests in the last 7 days":
        - heading "Requests in the last 7 days" [level=2]
        - term: Let through
        - definition: /\\d+/
        - term: Refused
        - definition: /\\d+/
        - group:
          - table:
            - rowgroup:
              - row "Day (UTC) Let through Refused"
      - region "Most active keys"
      - region "Refused, and why"
      - region "Credits"
    """)
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")


def test_what_was_refused_is_explained_and_the_key_is_a_click_away(visitor):
    page = visitor.become("alice").page
    page.goto(visitor.site.paths["usage"] + "?range=30d")
    expect(page.get_by_role("row", name="Add the address to the key’s networks")).to_be_visible()
    visitor.follow(page.get_by_role("link", name="GitHub Action prod"))
    expect(page.get_by_role("heading", name="GitHub Action prod", level=1)).to_be_visible()
