"""What people do about their account and their agents, by real mail and without JavaScript, with what it costs in
clicks and keystrokes."""

import re
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Locator, expect

from app.services.device_grants import GRANT_TYPE
from tests.browser.visitor import Visitor, fresh_email
from tests.system.visitors import query


@dataclass
class Hand:
    """Counts what it does."""

    visitor: Visitor
    clicks: int = 0
    keystrokes: int = 0

    def click(self, control: Locator) -> None:
        self.clicks += 1
        self.visitor.follow(control)

    def type_in(self, field: Locator, text: str) -> None:
        self.keystrokes += len(text)
        field.press_sequentially(text)

    def open_mailed(self, link: str) -> None:
        """A click in the program for mail."""
        self.clicks += 1
        self.visitor.page.goto(link)


@pytest.fixture
def hand(open_browser, with_mail):
    def hand() -> Hand:
        return Hand(open_browser(with_mail, java_script_enabled=False))

    return hand


@pytest.fixture
def mailed(mailbox):
    """What a pattern finds in a mail to the address: in the first that has these words, or the `nth`."""

    def mailed(address, pattern, words, nth=1):
        text = mailbox.wait_for(address, containing=words, nth=nth).get_body(("plain",)).get_content()
        return re.search(pattern, text)[1]

    return mailed


@pytest.fixture
def link(mailed):
    """The path of the mailed link with this word in it."""
    return lambda address, word="callback", nth=1: mailed(address, rf"http://localhost:\d+(/\S*{word}\S*)", word, nth)


def ask_for_link(hand, address, wanted="/account/mails"):
    """On the way to a page for which one has to be signed in."""
    page = hand.visitor.page
    page.goto(wanted)
    hand.type_in(page.get_by_label("Email address"), address)
    hand.click(page.get_by_role("button", name="Send me a sign-in link"))


def sign_in(hand, address, link, nth=1):
    ask_for_link(hand, address)
    hand.open_mailed(link(address, nth=nth))
    expect(hand.visitor.page).to_have_title("Mails · Keydesk")


def test_who_is_told_of_a_new_browser_ends_all_other_sessions_and_they_are_over_at_once(hand, link, mailed):
    """Two clicks from the mail: its link, and the button."""
    here, there, address = hand(), hand(), fresh_email()
    sign_in(here, address, link)
    sign_in(there, address, link, nth=2)
    _, key = there.visitor.key_from_api("nightly")
    with httpx.Client(base_url=here.visitor.site.url) as agent:
        agent.post("/v1/auth/email-code", json={"email": address})
        code = mailed(address, r"\b(\d{6})\b", "let your agent")
        token = agent.post("/v1/auth/email-code/verify", json={"email": address, "code": code}).json()["data"]["token"]

        def status(path, credential):
            return agent.get(path, headers={"Authorization": f"Bearer {credential}"}).status_code

        assert status("/v1/keys/list", token) == 200
        here.clicks = here.keystrokes = 0
        here.open_mailed(link(address, "sessions"))
        page = here.visitor.page
        expect(page.get_by_role("article")).to_have_count(2)
        here.click(page.get_by_role("button", name="End all others"))
        expect(page.get_by_role("status")).to_contain_text("1 other session has ended")
        expect(page.get_by_role("article")).to_have_count(1)
        assert (here.clicks, here.keystrokes) == (2, 0)

        assert status("/v1/keys/list", token) == 401
        there.visitor.page.reload()
        expect(there.visitor.page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert there.visitor.context.request.get("/v1/orgs").status == 401
        assert status("/v1/me", key) == 200


def test_an_expired_link_brings_a_new_one_with_one_button_and_it_leads_to_where_the_old_one_led(hand, link):
    """Two clicks from the page of the expired link: the button, and the link in the mail."""
    someone, address = hand(), fresh_email()
    page = someone.visitor.page
    ask_for_link(someone, address)
    old = link(address)
    expire = "UPDATE one_time_secret SET expires_at = created_at WHERE email = :email"
    query(someone.visitor.site.database_url, expire, email=address)
    someone.open_mailed(old)
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()

    someone.clicks = someone.keystrokes = 0
    someone.click(page.get_by_role("button", name="Send a new link"))
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    new = link(address, nth=2)
    assert new != old
    someone.open_mailed(new)
    expect(page).to_have_title("Mails · Keydesk")
    assert (someone.clicks, someone.keystrokes) == (2, 0)


def test_an_agent_is_approved_by_the_link_that_it_shows_although_one_has_to_sign_in_first(hand, link):
    """Two clicks, and no keystroke, once one is signed in."""
    someone, address = hand(), fresh_email()
    page = someone.visitor.page
    with httpx.Client(base_url=someone.visitor.site.url) as agent:
        asked = {"client_id": "Claude Code", "scope": "notes:read"}
        grant = agent.post("/v1/device/authorize", data=asked).json()
        ask_for_link(someone, address, grant["verification_uri_complete"])
        someone.open_mailed(link(address))
        expect(page.get_by_label("Code")).to_have_value(grant["user_code"])

        someone.clicks = someone.keystrokes = 0
        someone.click(page.get_by_role("button", name="Continue"))
        expect(page.get_by_role("main")).to_contain_text(grant["user_code"])
        someone.click(page.get_by_role("button", name="Approve"))
        expect(page.get_by_role("heading", name="Claude Code gets its key")).to_be_visible()
        assert (someone.clicks, someone.keystrokes) == (2, 0)

        fetch = {"grant_type": GRANT_TYPE, "device_code": grant["device_code"]}
        key = agent.post("/v1/device/token", data=fetch).json()["access_token"]
        me = agent.get("/v1/me", headers={"Authorization": f"Bearer {key}"}).json()["data"]
        assert (me["scopes"], me["expires_at"] is None) == (["notes:read"], False)
        someone.click(page.get_by_role("link", name="Check whether it has its key"))
        expect(page.get_by_role("heading", name="Claude Code has its key")).to_be_visible()
