"""Forms: they say what they want, what was wrong, and lose nothing that was typed."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import fresh_email


@pytest.mark.wcag("1.3.5")
def test_the_email_field_can_be_filled_by_the_browser(visitor):
    visitor.page.goto("/sign-in")
    assert [(field["type"], field["autocomplete"]) for field in visitor.page.evaluate("probe.fields()")] == [
        ("email", "email")
    ]


@pytest.mark.wcag("3.3.8")
def test_signing_in_asks_for_nothing_to_remember_and_takes_a_pasted_address(visitor):
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, email = visitor.page, fresh_email()
    page.goto("/sign-in")
    page.evaluate("address => navigator.clipboard.writeText(address)", email)
    page.get_by_label("Email address").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_label("Email address")).to_have_value(email)
    page.get_by_role("button", name="Send me a sign-in link").click()
    page.get_by_role("link", name="Open the sign-in link").click()
    expect(page.get_by_role("heading", name="No keys yet")).to_be_visible()


@pytest.mark.wcag("3.3.8")
def test_an_agents_code_can_be_pasted_and_is_typed_in_any_way(visitor):
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.become("alice").page
    page.goto("/device")
    expect(page.get_by_label("Code")).to_have_attribute("autocomplete", "one-time-code")
    page.evaluate("code => navigator.clipboard.writeText(code)", visitor.agents_code().lower().replace("-", " "))
    page.get_by_label("Code").focus()
    page.keyboard.press("Control+V")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Give this agent a key?")).to_be_visible()


@pytest.mark.wcag("3.3.1", "3.3.3", "3.3.7")
def test_a_refused_code_is_kept_and_the_problem_named_with_a_way_out(visitor):
    page = visitor.become("alice").page
    page.goto("/device")
    page.get_by_label("Code").fill("WDJB-MJHT")
    page.get_by_role("button", name="Continue").click()
    field = page.get_by_label("Code")
    expect(field).to_have_value("WDJB-MJHT")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("ask the agent for a new one"))
    expect(field).to_be_focused()


@pytest.mark.wcag("3.3.1", "3.3.3", "3.3.7")
def test_a_refused_address_is_kept_and_the_problem_named_with_a_way_out(visitor):
    page = visitor.page
    page.goto("/sign-in")
    page.get_by_label("Email address").fill("grace.example.com")
    page.get_by_role("button", name="Send me a sign-in link").click()

    field = page.get_by_label("Email address")
    expect(field).to_have_value("grace.example.com")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("Enter one address, like you@example.com")
    expect(field).to_be_focused()


@pytest.mark.wcag("3.3.1", "3.3.3", "3.3.7")
@pytest.mark.parametrize(
    ("name", "scopes", "field", "way_out"),
    [
        (" ", ["notes:read"], "name", "enter a name"),
        ("two\u200bwords", ["notes:read"], "name", "remove them"),
        ("Nightly report", [], "scopes", "choose at least one of: agent:rw"),
    ],
)
def test_a_refused_key_keeps_the_form_and_names_the_field_with_a_way_out(visitor, name, scopes, field, way_out):
    page = visitor.become("alice").page
    page.goto(visitor.site.paths["new"])
    page.get_by_label("Name").fill(name)
    for scope in scopes:
        page.get_by_role("checkbox", name=re.compile(f"^{scope} ")).check()
    page.get_by_label("Expires").select_option("Never")
    page.get_by_role("button", name="Create key").click()

    expect(page.get_by_role("alert")).to_contain_text(way_out)
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_attribute("href", f"#{field}")
    expect(page.locator(f"#{field}-problem")).to_contain_text(re.compile(way_out, re.IGNORECASE))
    assert f"{field}-problem" in (page.locator(f"#{field}").get_attribute("aria-describedby") or "")
    expect(page.get_by_label("Name")).to_have_value(name)
    expect(page.get_by_label("Expires")).to_have_value("")
    assert page.get_by_role("checkbox", checked=True).count() == len(scopes)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_own_address_is_added_without_losing_what_was_filled_in(open_browser, javascript):
    page = open_browser(java_script_enabled=javascript).sign_in().page
    page.get_by_role("link", name="Create the first key").click()
    page.get_by_label("Name").fill("From here")
    page.get_by_role("checkbox", name=re.compile("^notes:read ")).check()
    page.get_by_text("Limits (optional)").click()
    page.get_by_role("button", name="Add your address to the networks").click()
    expect(page.get_by_label("Networks")).to_have_value("127.0.0.1")
    expect(page.get_by_label("Networks")).to_be_in_viewport()
    expect(page.get_by_label("Name")).to_have_value("From here")
    expect(page.get_by_role("button", name="Add your address")).to_have_count(0)
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_role("heading", name="Copy your key now")).to_be_visible()


def test_enter_creates_the_key_and_adds_no_address(visitor):
    page = visitor.sign_in().page
    page.get_by_role("link", name="Create the first key").click()
    page.get_by_role("checkbox", name=re.compile("^notes:read ")).check()
    page.get_by_label("Name").fill("From anywhere")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_role("heading", name="Copy your key now")).to_be_visible()
    page.goto("/")
    page.get_by_role("link", name="From anywhere").click()
    expect(page.get_by_role("region", name="Settings")).to_contain_text("Anywhere")


@pytest.mark.wcag("3.2.2")
def test_filling_in_a_form_changes_nothing_else(visitor):
    visitor.become("alice")
    for path in (visitor.site.paths["new"], visitor.site.paths["rotate active"]):
        page = visitor.page
        page.goto(path)
        before = page.url, page.title(), page.locator("main").inner_text()
        for text in page.get_by_role("textbox").all():
            text.fill("Something")
        for box in page.get_by_role("checkbox").all():
            box.set_checked(not box.is_checked())
        for choice in page.get_by_role("combobox").all():
            choice.select_option(index=0)
        page.wait_for_timeout(200)
        assert (page.url, page.title(), page.locator("main").inner_text()) == before


@pytest.mark.wcag("3.3.4")
def test_what_cannot_be_undone_asks_first_and_can_be_left(visitor):
    visitor.sign_in().key_from_api("Deploy bot")
    for action, leave in (("Revoke", "Keep it"), ("Rotate", "Cancel")):
        visitor.page.goto("/")
        visitor.page.get_by_role("link", name="Deploy bot").click()
        visitor.page.get_by_role("link", name=action).click()
        expect(visitor.page.get_by_role("heading", name=f"{action} this key?")).to_be_visible()
        visitor.page.get_by_role("link", name=leave).click()
        expect(visitor.page.get_by_role("heading", name="Deploy bot")).to_be_visible()
    visitor.page.goto("/")
    expect(visitor.page.locator("tbody tr")).to_have_count(1)
    expect(visitor.page.locator("tbody tr")).to_contain_text("Active")


@pytest.mark.parametrize(
    ("path", "referrer"), [("/sign-in", "/sign-in"), ("/sign-in?next=%2Fdevice%3Fuser_code%3DABCD-EFGH", "/")]
)
def test_our_own_forms_send_their_origin_and_no_secret_of_their_address(visitor, path, referrer):
    # Where a proxy drops Sec-Fetch-Site, Origin alone shows that a form is ours.
    page, url = visitor.page, visitor.site.url
    page.goto(path)
    page.get_by_label("Email address").fill(fresh_email())
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Send me a sign-in link").click()
    headers = sent.value.all_headers()
    assert (headers["origin"], headers["referer"]) == (url, url + referrer)


@pytest.mark.wcag("1.4.11")
def test_a_link_that_looks_like_a_button_has_a_border_in_forced_colours(visitor):
    page = visitor.become("alice").page
    page.emulate_media(forced_colors="active")
    page.goto("/")
    button = page.get_by_role("link", name="New key")
    style = button.evaluate(
        "link => { const s = getComputedStyle(link); return [s.borderTopStyle, parseFloat(s.borderTopWidth),"
        " s.borderTopColor, s.backgroundColor]; }"
    )
    assert style[0] == "solid"
    assert style[1] >= 1
    assert style[2] != style[3]
    assert style[2] != "rgba(0, 0, 0, 0)"
