"""Pages say what they are to those who do not see them."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.page_states import PAGE_STATES

#: Words that only mean something to who sees (or hears) the page.
SENSORY = re.compile(
    r"\b(above|below|beneath|left|right|top|bottom|corner|round|square|circle|arrow|icon|colou?r(ed)?|red|green|blue"
    r"|yellow|bold|larger?|smaller?|beep|sound)\b",
    re.IGNORECASE,
)
#: What the fields are called; a checkbox has its scope and what that opens.
LABELS = {
    "email": "Email address",
    "name": "Name",
    "expires": "Expires",
    "requests": "Requests",
    "seconds": "Seconds",
    "networks": "Networks",
    "overlap": "The old key stops",
    "code": "Code",
    "org": "In the name of",
}
EMPTY_WORDS = {"", "here", "click here", "link", "more", "read more", "this"}


@pytest.mark.wcag("2.4.2", "2.4.6")
def test_title_and_heading_are_the_reviewed_ones(place, there):
    assert there.title() == f"{place.title} · Keydesk"
    assert there.locator("h1").all_inner_texts() == [place.heading]


@pytest.mark.wcag("2.4.2")
def test_no_two_pages_share_a_title():
    headings = {place.title: place.heading for place in PAGE_STATES}
    assert all(headings[place.title] == place.heading for place in PAGE_STATES)


@pytest.mark.wcag("3.1.1")
def test_the_page_says_that_it_is_english(there):
    expect(there.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.wcag("1.3.1")
def test_headings_step_down_one_level_at_a_time_and_nothing_only_looks_like_one(there):
    levels = there.evaluate("probe.headings()")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert there.evaluate("probe.falseHeadings()") == []


@pytest.mark.wcag("1.3.1", "2.4.6", "3.3.2", "4.1.2")
def test_every_field_has_a_reviewed_label_that_one_sees_and_a_description_that_exists(there):
    for field in there.evaluate("probe.fields()"):
        if field["type"] == "checkbox":
            assert field["group"] == "What may it do?"
            assert re.fullmatch(r"\S+:\S+ [A-Z].+", field["label"])
        else:
            assert field["label"] == LABELS[field["name"]]
        assert field["described"], field


@pytest.mark.wcag("4.1.2")
def test_every_control_has_a_name_and_a_role_of_its_own(there):
    session = there.context.new_cdp_session(there)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    focusable = [
        node
        for node in nodes
        if any(item["name"] == "focusable" and item["value"]["value"] for item in node.get("properties", []))
    ]
    for node in focusable:
        role = node["role"]["value"]
        assert role in {
            "link",
            "button",
            "textbox",
            "checkbox",
            "combobox",
            "option",
            "group",
            "DisclosureTriangle",
            "main",
            "RootWebArea",
        }, role
        assert role == "main" or node["name"]["value"].strip(), node


@pytest.mark.wcag("1.1.1", "1.4.5")
def test_no_page_has_a_picture(there):
    assert there.evaluate("probe.pictures()") == []


@pytest.mark.wcag("1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5", "1.4.2")
def test_no_page_plays_sound_or_film(there):
    assert there.evaluate("probe.media()") == []


@pytest.mark.wcag("2.2.2", "2.3.1")
def test_nothing_moves_blinks_or_renews_itself(there):
    there.emulate_media(reduced_motion="no-preference")
    before = there.evaluate("probe.visibleText()")
    there.wait_for_timeout(100)
    assert there.evaluate("probe.moving()") == []
    assert there.evaluate("probe.visibleText()") == before
    there.emulate_media(reduced_motion="reduce")


@pytest.mark.wcag("1.3.3")
def test_no_text_speaks_of_places_shapes_or_colours(there):
    assert SENSORY.findall(there.evaluate("probe.visibleText()")) == []


@pytest.mark.wcag("2.4.4")
def test_links_with_the_same_text_lead_to_the_same_place(there):
    targets: dict[str, set[str]] = {}
    for link in there.evaluate("probe.links()"):
        assert link["text"].lower() not in EMPTY_WORDS
        targets.setdefault(link["text"], set()).add(link["target"])
    ambiguous = {text for text, found in targets.items() if len(found) > 1}
    # Keys that share a name share it in their links too; the heading over each tells them apart.
    assert {
        text for text in ambiguous if not text.startswith(("Details of ", "Change ", "Rotate ", "Revoke "))
    } == set()


@pytest.mark.wcag("1.4.1")
def test_links_in_text_are_underlined_and_states_are_words(there):
    assert [link["text"] for link in there.evaluate("probe.links()") if link["inText"] and not link["underlined"]] == []
    for badge in there.locator(".badge").all_inner_texts():
        assert badge in {"Active", "Expires soon", "Expired", "Revoked", "This browser"}


@pytest.mark.wcag("3.2.3")
def test_the_menu_is_the_same_on_every_page(place, there):
    signed_in = there.get_by_role("button", name="Sign out").count() == 1
    expected = ["Keydesk", "Keys", "Sessions", "Sign out"] if signed_in else ["Keydesk"]
    assert there.evaluate("probe.menu()") == expected


@pytest.mark.wcag("3.2.6")
def test_no_page_offers_help_that_could_move_about(there):
    offers = re.compile("help|support|contact|chat|mailto:|tel:", re.IGNORECASE)
    assert [link for link in there.evaluate("probe.links()") if offers.search(link["text"] + link["target"])] == []


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
