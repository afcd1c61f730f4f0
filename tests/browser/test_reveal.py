"""A key is shown once, whatever one does with the browser afterwards."""

import re

import pytest
from playwright.sync_api import expect

JAVASCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])


@pytest.fixture
def revealed(open_browser, javascript):
    """A visitor who looks at the first key of a new account."""
    visitor = open_browser(java_script_enabled=javascript).sign_in()
    visitor.create_key("Only one")
    return visitor


@JAVASCRIPT
def test_a_reload_shows_no_key_and_makes_no_second_one(revealed):
    key = revealed.shown_key()
    revealed.page.reload()
    expect(revealed.page.get_by_role("heading", name="This key was shown already")).to_be_visible()
    assert key not in revealed.page.content()
    assert revealed.key_names() == ["Only one"]


@JAVASCRIPT
def test_the_back_button_shows_no_key_and_makes_no_second_one(revealed):
    key = revealed.shown_key()
    revealed.page.get_by_role("link", name="I have copied it").click()
    revealed.go_back()
    assert key not in revealed.page.content()
    assert revealed.key_names() == ["Only one"]


@JAVASCRIPT
def test_after_sign_out_the_back_button_leads_to_no_key(revealed):
    key = revealed.shown_key()
    revealed.sign_out()
    expect(revealed.page.get_by_role("heading", name="Sign in")).to_be_visible()
    for _ in range(2):
        revealed.go_back()
        assert key not in revealed.page.content()


@JAVASCRIPT
def test_the_back_button_after_sign_out_shows_no_list_either(revealed):
    revealed.page.goto("/")
    expect(revealed.page.get_by_role("link", name="Only one")).to_be_visible()
    revealed.sign_out()
    expect(revealed.page.get_by_role("heading", name="Sign in")).to_be_visible()
    revealed.go_back()
    revealed.page.wait_for_load_state()
    assert "Only one" not in revealed.page.content()
    expect(revealed.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_no_browser_and_no_proxy_may_keep_the_page(visitor):
    visitor.sign_in()
    with visitor.page.expect_response(lambda answer: answer.request.method == "POST") as made:
        visitor.create_key("Only one")
    assert made.value.status == 201
    assert made.value.headers["cache-control"] == "no-store"


@pytest.mark.wcag("4.1.3")
def test_copying_is_announced_without_moving_the_focus(visitor):
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.sign_in()
    visitor.create_key("Only one")

    for number, (name, source) in enumerate([("Copy the key", "#key"), ("Copy the curl command", "#curl")]):
        button, status = visitor.page.get_by_role("button", name=name), visitor.page.get_by_role("status").nth(number)
        expect(status).to_be_empty()
        button.click()
        expect(status).to_have_text("Copied")
        expect(button).to_be_focused()
        assert visitor.page.evaluate("navigator.clipboard.readText()") == visitor.page.locator(source).inner_text()
    expect(visitor.page.get_by_role("status").first).to_be_empty()


def test_where_a_browser_lets_nobody_copy_the_key_is_selected_instead(visitor):
    visitor.context.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    visitor.sign_in()
    key = visitor.create_key("Only one")

    visitor.page.get_by_role("button", name="Copy the key").click()

    expect(visitor.page.get_by_role("status").first).to_have_text("Selected: press Ctrl-C")
    assert visitor.page.evaluate("getSelection().toString()").strip() == key


@JAVASCRIPT
def test_the_key_is_downloaded_and_the_page_stays(revealed, tmp_path):
    key, url = revealed.shown_key(), revealed.page.url
    with revealed.page.expect_download() as downloading:
        revealed.page.get_by_role("button", name="Download keydesk.env").click()
    downloading.value.save_as(tmp_path / downloading.value.suggested_filename)
    assert (tmp_path / "keydesk.env").read_text() == f"KEYDESK_API_KEY={key}\n"
    assert (revealed.page.url, revealed.shown_key()) == (url, key)
    assert key not in downloading.value.url


@JAVASCRIPT
def test_the_key_is_tested_in_a_new_tab_and_the_page_stays(revealed):
    key, page = revealed.shown_key(), revealed.page
    with revealed.context.expect_page() as opening:
        page.get_by_role("button", name="Test it now").click()
    tab = opening.value
    expect(tab.get_by_role("heading", name="This key is accepted")).to_be_visible()
    expect(tab.get_by_text("works from your address, 127.0.0.1")).to_be_visible()
    assert key not in tab.url + tab.content()
    # Nor can it reach the page that opened it.
    assert not tab.evaluate("Boolean(window.opener)")
    tab.close()
    assert revealed.shown_key() == key
    page.get_by_role("button", name="Download keydesk.env").is_visible()


def test_no_field_of_a_page_that_is_left_keeps_the_key(visitor):
    visitor.sign_in()
    visitor.create_key("Only one")
    fields = "[...document.querySelectorAll('[data-secret]')].map((part) => part.value ?? part.textContent)"
    visitor.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert visitor.page.evaluate(fields) == ["(shown once)", "", "(shown once)"]


@JAVASCRIPT
def test_each_kind_of_code_opens_by_itself(revealed):
    for title, text in (("Python", "urlopen"), ("JavaScript", "fetch"), ("GitHub Actions", "secrets.KEYDESK_API_KEY")):
        expect(revealed.page.get_by_text(text)).to_be_hidden()
        revealed.page.get_by_text(title, exact=True).click()
        expect(revealed.page.get_by_text(text)).to_be_visible()


@pytest.mark.parametrize("javascript", [False], ids=["without JavaScript"])
def test_without_javascript_there_is_no_copy_button(revealed):
    expect(revealed.page.locator("[data-copy]")).to_have_count(6)
    expect(revealed.page.get_by_role("button", name=re.compile("Copy"))).to_have_count(0)
