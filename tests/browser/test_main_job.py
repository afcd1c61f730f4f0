"""The whole job, as a person does it: sign in, get a key, use it, take it back."""

import json
import re
import subprocess

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import program
from tests.browser.views import PHONE, WIDE
from tests.browser.visitor import fresh_email

JAVASCRIPT = pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
COMPUTER = {"viewport": WIDE.size}
TELEPHONE = {"viewport": PHONE.size, "has_touch": True, "is_mobile": True}


def run_as_shown(page: Page) -> tuple[int, dict]:
    """Runs the command that the page shows, in a shell; status and JSON."""
    return run(page.locator("#curl").inner_text())


def run(command: str) -> tuple[int, dict]:
    program("curl")
    done = subprocess.run(
        f"{command} --silent --write-out '\n%{{http_code}}'", shell=True, capture_output=True, text=True, check=True
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def wait_for_last_use(page: Page) -> None:
    """Uses are written down once a second, and the page shows what is written down."""
    row = page.locator("tbody tr").first
    for _ in range(10):
        page.reload()
        if "never" not in row.locator("td").nth(3).inner_text():
            return
        page.wait_for_timeout(500)
    raise AssertionError("the key's last use did not appear")


@pytest.mark.wcag("2.5.1")
@JAVASCRIPT
@pytest.mark.parametrize(
    ("device", "press"), [(COMPUTER, Locator.click), (TELEPHONE, Locator.tap)], ids=["click", "tap"]
)
def test_a_person_signs_in_creates_a_key_uses_it_and_revokes_it(open_browser, device, press, javascript):
    page = open_browser(**device, java_script_enabled=javascript).page
    email = fresh_email()

    page.goto("/")
    press(page.get_by_label("Email address"))
    page.keyboard.type(email)
    press(page.get_by_role("button", name="Send me a sign-in link"))
    press(page.get_by_role("link", name="Open the sign-in link"))
    expect(page.get_by_role("heading", name="No keys yet")).to_be_visible()

    press(page.get_by_role("link", name="Create the first key"))
    page.get_by_label("Name").fill("GitHub Action prod")
    for scope in ("agent:r", "notes:read"):
        press(page.get_by_role("checkbox", name=re.compile(f"^{scope} ")))
    page.get_by_label("Expires").select_option("In 30 days")
    press(page.get_by_role("button", name="Create key"))

    key = page.locator("#key").inner_text()
    assert re.fullmatch("whk_[0-9A-Za-z]{32}", key)
    command = page.locator("#curl").inner_text()
    assert run_as_shown(page) == (200, {"data": []}), "the sample API has no notes yet"

    press(page.get_by_role("link", name="I have copied it"))
    expect(page.get_by_role("heading", name="GitHub Action prod", exact=True)).to_be_visible()
    press(page.get_by_role("link", name="Keys", exact=True))
    expect(page.get_by_role("row", name=re.compile("GitHub Action prod"))).to_contain_text("Active")
    assert key not in page.content()
    wait_for_last_use(page)

    press(page.get_by_role("link", name="GitHub Action prod"))
    press(page.get_by_role("link", name="Revoke"))
    assert run(command)[0] == 200
    press(page.get_by_role("button", name="Revoke key"))
    expect(page.get_by_role("status").first).to_contain_text("“GitHub Action prod” is revoked")
    expect(page.locator(".title-row .state")).to_have_text("Revoked")
    status, answer = run(command)
    assert (status, answer["error_code"]) == (401, "KEY_REVOKED")

    press(page.locator(".person summary"))
    press(page.get_by_role("button", name="Sign out", exact=True))
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    for path in ("/", "/sessions"):
        page.goto(path)
        assert page.url.startswith(f"{page.url.split('/sign-in')[0]}/sign-in?next=")


@JAVASCRIPT
def test_a_rotated_key_hands_over_at_the_chosen_moment(open_browser, javascript):
    visitor = open_browser(java_script_enabled=javascript).sign_in()
    page = visitor.page
    first = visitor.create_key("Deploy bot", "agent:r")
    old_command = page.locator("#curl").inner_text()

    def rotate(stops: str) -> str:
        page.goto("/")
        page.get_by_role("link", name="Deploy bot").first.click()
        page.get_by_role("link", name="Rotate").click()
        page.get_by_label("The old key stops").select_option(stops)
        page.get_by_role("button", name="Rotate key").click()
        return visitor.shown_key()

    second = rotate("At once")
    assert second != first
    assert page.get_by_text("no longer works").is_visible()
    assert run(old_command)[1]["error_code"] == "KEY_REVOKED"
    second_command = page.locator("#curl").inner_text()

    rotate("In one hour")
    assert run(second_command)[0] == 200
    assert run_as_shown(page)[0] == 200


def test_a_person_ends_a_session_of_another_browser(open_browser):
    email = fresh_email()
    here, there = open_browser().sign_in(email), open_browser(user_agent="curl/8.0").sign_in(email)

    here.page.goto("/sessions")
    expect(here.page.get_by_role("article", name=re.compile("Chrome on Linux"))).to_contain_text("This browser")
    here.page.get_by_role("button", name="End this session of curl/8.0").click()

    expect(here.page.get_by_role("status")).to_contain_text("That session has ended")
    there.page.goto("/sessions")
    expect(there.page.get_by_role("heading", name="Sign in")).to_be_visible()


@JAVASCRIPT
def test_limits_are_set_with_a_key_seen_on_its_page_and_changed(open_browser, javascript):
    page = open_browser(java_script_enabled=javascript).sign_in().page
    page.get_by_role("link", name="Create the first key").click()
    page.get_by_label("Name").fill("Deploy bot")
    page.get_by_role("checkbox", name=re.compile("^notes:read ")).check()
    expect(page.get_by_label("Networks")).to_be_hidden()
    page.get_by_text("Limits (optional)").click()
    page.get_by_label("Requests").fill("100")
    page.get_by_label("Seconds").fill("60")
    page.get_by_label("Networks").fill("203.0.113.7/24")
    page.get_by_role("button", name="Create key").click()

    expect(page.get_by_label("Networks")).to_have_accessible_description(re.compile("did you mean 203.0.113.0/24"))
    page.get_by_label("Networks").fill("203.0.113.0/24\n2001:db8::/32")
    page.get_by_role("button", name="Create key").click()
    page.get_by_role("link", name="I have copied it").click()

    settings = page.get_by_role("region", name="Settings")
    expect(settings).to_contain_text("100 requests in any 60 seconds")
    expect(settings).to_contain_text("203.0.113.0/24 2001:db8::/32")
    page.get_by_role("link", name="Change").click()
    page.get_by_label("Networks").fill("")
    page.get_by_label("Expires").select_option("In 30 days")
    page.get_by_role("button", name="Save changes").click()

    expect(page.get_by_role("status").first).to_contain_text("“Deploy bot” is changed")
    expect(settings).to_contain_text("100 requests in any 60 seconds")
    expect(settings).to_contain_text("Anywhere")
    expect(settings).not_to_contain_text("Never")


def test_a_link_opened_in_another_browser_signs_in_after_a_question(open_browser, with_mail, mailbox):
    email = fresh_email()
    asking, opening = open_browser(with_mail), open_browser(with_mail)
    asking.page.goto("/sign-in")
    asking.page.get_by_label("Email address").fill(email)
    asking.page.get_by_role("button", name="Send me a sign-in link").click()
    expect(asking.page.get_by_role("heading", name="Check your email")).to_be_visible()

    text = mailbox.wait_for(email).get_body(("plain",)).get_content()
    opening.page.goto(re.search(r"http\S+", text)[0])
    expect(opening.page.get_by_role("heading", name="Sign in as v•••@example.com?")).to_be_visible()
    opening.page.get_by_role("button", name="Sign in").click()
    expect(opening.page.get_by_role("heading", name="No keys yet")).to_be_visible()


@JAVASCRIPT
def test_a_person_reads_how_to_send_a_key_and_does_it(open_browser, javascript, monkeypatch):
    visitor = open_browser(java_script_enabled=javascript).sign_in()
    page = visitor.page
    visitor.follow(page.locator("header").get_by_role("link", name="Docs"))
    visitor.follow(page.get_by_role("link", name=re.compile("^Create a key for ")))
    page.get_by_label("Name").fill("Reader")
    page.get_by_role("checkbox", name=re.compile("^notes:read ")).check()
    visitor.follow(page.get_by_role("button", name="Create key"))
    monkeypatch.setenv("KEYDESK_API_KEY", page.locator("#key").inner_text())

    visitor.follow(page.locator("header").get_by_role("link", name="Docs"))
    page.get_by_role("link", name="Send it").click()
    status, answer = run(page.locator("#me").inner_text())
    assert (status, answer["data"]["name"], answer["data"]["scopes"]) == (200, "Reader", ["notes:read"])
    page.get_by_role("link", name="Code to start with").click()
    assert run_as_shown(page) == (200, {"data": []})
