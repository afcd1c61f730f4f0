"""The list of keys, as a screen reader tells it."""

import re

import pytest
from playwright.sync_api import expect


@pytest.mark.wcag("1.3.1")
def test_the_list_of_keys_is_told_as_it_is_seen(visitor):
    visitor.become("alice").page.goto("/")
    key = visitor.page.get_by_role("article", name=re.compile("Laptop of Alice"))
    # Other tests of this run may have made keys here too; the API knows how many there are.
    asked = visitor.context.request
    org = asked.get("/v1/orgs").json()["data"][0]["id"]
    keys = asked.get(f"/v1/orgs/{org}/keys").json()["data"]
    assert len(keys) >= 5
    expect(visitor.page.get_by_role("main").get_by_role("list").get_by_role("listitem")).to_have_count(len(keys))
    expect(key).to_match_aria_snapshot("""
      - article /Laptop of Alice whk_.+ Expires soon/:
        - heading /Laptop of Alice whk_.+ Expires soon/ [level=2]
        - paragraph:
          - link "Details of Laptop of Alice"
          - link "Change Laptop of Alice"
          - link "Rotate Laptop of Alice"
          - link "Revoke Laptop of Alice"
        - term: Scopes
        - definition:
          - code: agent:rw
        - term: Created
        - definition:
          - time: /UTC/
          - text: by alice@example.com
        - term: Last used
        - definition: Never
        - term: Expires
        - definition:
          - time: /UTC/
    """)
