"""Pages say what they are to those who do not see them."""

import re
from itertools import pairwise

from tests.browser.check import check

#: What the fields are called; a checkbox has its scope and what that opens.
LABELS = {
    "email": "Email address",
    "name": "Name",
    "expires": "Expires",
    "expires_on": "Last day",
    "requests": "Requests",
    "seconds": "Seconds",
    "networks": "Networks",
    "overlap": "The old key stops working",
    "code": "Code",
    "q": "Search keys",
    "state": "State",
    "scope": "Scope",
    "creator": "Created by",
    "owner": "Belongs to",
    "role": "Role",
    "keys": "What happens to this key",
    "decision": "What happens to it",
    "old_keys": "Keys that are rotated stop working",
    "sort": "Order",
    "idle": "It may stop sooner",
    "leaked": "Somebody else has this key",
    "org": "Organization",
    "longest_expiry_days": "Longest expiry, in days",
    "default_expiry_days": "Default expiry, in days",
    "expiry_required": "Every key has to expire",
    "actor": "Who did it",
    "action": "What was done",
    "since": "From (UTC)",
    "until": "To (UTC)",
}
MAILS = {"Keys that expire", "Rotated keys that are still used"}
#: Checkboxes for scopes.
SCOPES = {"Scopes", "Owners may give", "Admins may give", "Members may give"}
TABS = ["Keys", "Usage", "Members", "Audit log", "Settings"]
ROLES = {
    "link",
    "button",
    "textbox",
    "searchbox",
    "checkbox",
    "combobox",
    "option",
    "Date",
    # Day, month and year of a date.
    "spinbutton",
    "group",
    # The summary of what is wrong with a form.
    "alert",
    "DisclosureTriangle",
    # One of several that close each other: the menus of the header.
    "DisclosureTriangleGrouped",
    "main",
    "RootWebArea",
}


@check("2.4.2", "2.4.6")
def title_and_heading_are_the_reviewed_ones(opened):
    assert opened.ask("title") == f"{opened.state.title} · Keydesk"
    assert opened.ask("mainHeadings") == [opened.state.heading]


@check("3.1.1")
def the_page_says_that_it_is_english(opened):
    assert opened.ask("language") == "en"


@check("1.3.1")
def headings_step_down_one_level_at_a_time_and_nothing_only_looks_like_one(opened):
    levels = opened.ask("headings")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert opened.ask("falseHeadings") == []


@check("1.3.1", "2.4.6", "3.3.2", "4.1.2")
def every_field_has_a_reviewed_label_that_one_sees_and_a_description_that_exists(opened):
    for field in opened.ask("fields"):
        if field["name"] == "key":
            # Selects a row of the list: what one sees of its label are the first words of the row. Or it is the filter
            # of the audit log.
            continue
        if field["name"] == "kind":
            assert field["label"] in MAILS
        elif field["name"] == "seal":
            assert field["group"] == "Weekly seal of the audit log"
            assert field["label"].endswith("organization")
        elif field["label"] == "Name of the organization":
            assert field["name"] == "name"
        elif field["type"] == "checkbox" and field["name"] not in LABELS:
            assert field["group"] in SCOPES
            assert re.fullmatch(r"\S+:\S+ [A-Z].+", field["label"])
        else:
            assert field["label"] == LABELS[field["name"]]
        assert field["described"], field


@check("4.1.2")
def every_control_has_a_name_and_a_role_of_its_own(opened):
    session = opened.page.context.new_cdp_session(opened.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    focusable = [
        node
        for node in nodes
        if any(item["name"] == "focusable" and item["value"]["value"] for item in node.get("properties", []))
    ]
    for node in focusable:
        role = node["role"]["value"]
        assert role in ROLES, role
        assert role == "main" or node["name"]["value"].strip(), node


@check("3.2.3")
def the_menu_is_the_same_on_every_page(opened):
    menu = opened.ask("menu")
    is_signed_in = opened.page.locator("header .person").count() == 1
    if opened.page.locator("header .org").count() == 1:
        assert is_signed_in
        assert menu == ["Keydesk", *TABS, "Docs", "Account", "Mails", "Sign out"]
    elif is_signed_in:
        assert menu == ["Keydesk", "Docs", "Account", "Mails", "Sign out"]
    else:
        # A page about a fault does not know who is signed in, so it offers nobody to sign in.
        assert menu in (["Keydesk", "Docs", "Sign in"], ["Keydesk", "Docs"])
    footer = opened.page.locator("footer a").all_inner_texts()
    assert footer == ["Docs", "For agents", "Connect an agent", "Accessibility"]
