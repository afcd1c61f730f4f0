"""The emails: each has one recipient, a text and a page that say the same, and its secret."""

import json
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from html import unescape

import pytest

from app.config import ROOT
from app.domain import notable_key_changes
from app.domain.keys_listed_in_mail import MailedKey, pack
from app.domain.mail_kinds import CHOSEN
from app.domain.secret import Secret
from app.mail.messages import message
from app.services.outbox import UNKNOWN, Asker, Letter

SECRET = "482901"
CARRY_A_SECRET = ["sign_in_link", "email_code", "sign_up_code"]
EVERY_MAIL = [
    *CARRY_A_SECRET,
    "codes_paused",
    "new_browser",
    "address_changed",
    "organization_deleted",
    "key_ends",
    "keys_expire",
    "keys_changed",
    "audit_seal",
    "invitation",
]
SEAL = "org_1:18204:2:" + "0a" * 32
NOW = datetime(2026, 4, 16, 12, tzinfo=UTC)


def mailed(name, what, days, by="", gains=""):
    """A key that a mail lists."""
    key_id = "key_" + "".join(filter(str.isalnum, name[:3]))
    return MailedKey("org_1", key_id, name, "whk_90e4b318…EkBD", what, NOW + timedelta(days=days), by, gains)


def invitation(**other):
    until = {"until": "2026-04-23T12:00:00Z"}
    return json.dumps({"id": "inv_1", "name": "Acme", "role": "member", "by": "bob@example.com"} | until | other)


#: What mails are about, by their kinds.
ABOUT = {
    "address_changed": json.dumps({"was": "ann@example.com", "becomes": "ann@example.org"}),
    "invitation": invitation(),
    "organization_deleted": json.dumps(
        {"name": "Acme evil.example", "org_id": "org_1", "by": "bob@example.com", "keys": 3, "members": 2}
        | {"erased_at": "2026-05-16T12:00:00Z"}
    ),
    "key_ends": "org_1 key_1 whk_90e4b318…EkBD",
    "keys_expire": pack([mailed("CI", "expires", 30), mailed("Old", "expired", -1)], 2),
    "audit_seal": json.dumps({"name": "Acme evil.example", "entries": 18204, "seal": SEAL}),
    "keys_changed": pack([mailed("CI", "revoked", -1, "bob@example.com")], 1),
}


@pytest.fixture
def written(app, clock):
    """The mail that is sent for a letter."""

    def written(mail, recipient="ann@example.com", asker=UNKNOWN, about=None):
        ends = clock.now + timedelta(minutes=15)
        letter = Letter(mail, recipient, Secret(SECRET), ends, asker, clock.now, about or ABOUT.get(mail, ""))
        with app.app_context():
            return message(letter, app.extensions["runtime"].settings)

    return written


def test_there_are_no_other_mails():
    assert {file.name.partition(".")[0] for file in (ROOT / "templates" / "email").iterdir()} == set(EVERY_MAIL)


@pytest.mark.parametrize("mail", EVERY_MAIL)
def test_a_mail_goes_to_its_recipient_only_as_text_and_as_a_page(written, mail):
    made = written(mail)
    assert made.send_to == {"ann@example.com"}
    assert made.subject == made.subject.strip() != ""
    assert "\n" not in made.subject
    for text in (made.body, made.html):
        assert text.startswith(("Hello,", "<!doctype html>"))
        assert not any(sign in text for sign in ("{{", "{%", "None", "Secret("))
    assert not any(sign in made.body for sign in ("<", "&amp;", "&#"))


@pytest.mark.parametrize("mail", CARRY_A_SECRET)
def test_its_secret_is_in_both_and_not_in_the_subject(written, mail):
    made = written(mail)
    assert SECRET in made.body
    assert SECRET in made.html
    assert SECRET not in made.subject
    for text in (made.body, made.html):
        assert "16 April 2026, 12:15 UTC" in text


def test_the_mail_about_a_new_browser_says_which_and_from_where_and_leads_to_the_account(written):
    browser = Asker("203.0.113.9", "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0")
    made = written("new_browser", asker=browser)
    for mail in (made.body, made.html):
        assert "Firefox on Windows" in mail
        assert "203.0.113.9" in mail
        assert "16 April 2026, 12:00 UTC" in mail
        assert "http://localhost:7860/sessions" in mail


def test_the_mail_about_a_deleted_organization_says_who_what_and_how_to_get_it_back_and_holds_no_link(written):
    made = written("organization_deleted")
    for mail in (made.body, made.html):
        for words in ("Acme evil example", "by bob@example.com", "16 May 2026, 12:00 UTC", "orgs restore org_1"):
            assert words in mail
        assert "evil.example" not in mail


@pytest.mark.parametrize(
    ("recipient", "says"),
    [
        ("ann@example.com", "Nobody can sign in as ann@example.com any more."),
        ("ann@example.org", "Sign in with ann@example.org from now on."),
    ],
)
def test_the_mail_about_a_changed_address_says_to_each_what_it_means(written, recipient, says):
    made = written("address_changed", recipient)
    for mail in (made.body, made.html):
        assert says in mail
        assert "ann@example.com" in mail
        assert "ann@example.org" in mail


def test_the_mail_about_a_key_that_ends_leads_to_its_page_and_says_when(written):
    made = written("key_ends")
    assert SECRET not in made.body + made.html
    for text in (made.body, made.html):
        assert "whk_90e4b318…EkBD" in text
        assert "16 April 2026, 12:15 UTC" in text
        assert "http://localhost:7860/orgs/org_1/keys/key_1" in text


@pytest.mark.parametrize("mail", EVERY_MAIL)
def test_what_can_be_switched_off_ends_with_where_and_nothing_else_does(written, mail):
    made = written(mail)
    page = "http://localhost:7860/account/mails"
    if mail in CHOSEN:
        assert made.body.endswith(f"Choose which mails you get: {page}")
        assert f'<a href="{page}" style="color: #0b5fa5;">Choose which mails you get</a></p>\n</body>' in made.html
        assert made.extra_headers["List-Unsubscribe"] == f"<{page}>"
    else:
        assert page not in made.body + made.html
        assert "List-Unsubscribe" not in made.extra_headers


def words(html):
    """What a page says, and where its links lead after what they say."""
    _, body = html.split("</head>")
    linked = re.sub(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', r"\2: \1", body)
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", linked))).strip()


VARIANTS = [
    *((mail, {}) for mail in EVERY_MAIL),
    ("address_changed", {"recipient": "ann@example.org"}),
    ("audit_seal", {"about": json.dumps({"name": "Acme", "entries": 1, "seal": SEAL})}),
    ("invitation", {"about": invitation(by=None, role="owner")}),
    ("keys_changed", {"about": pack([mailed("CI", "made", 0, "operator")] * 20, 21)}),
    ("keys_expire", {"about": pack([mailed("CI", "expires", 7)] * 20, 1234)}),
    ("organization_deleted", {"about": ABOUT["organization_deleted"].replace("bob@example.com", "operator")}),
]


@pytest.mark.parametrize(("mail", "given"), VARIANTS)
def test_the_text_and_the_page_say_the_same_and_lead_to_the_same_places(written, mail, given):
    """The page has a word or two for each place, which the text leaves out where its sentence needs none."""
    made = written(mail, **given)
    text = re.sub(r"https?://\S+", "", made.body)
    _, page = made.html.split("</head>")
    said = re.sub(r"<a [^>]*>([^<]*)</a>", lambda link: link[1] if link[1] in text else "", page)
    assert re.findall(r"\w+", words("</head>" + said)) == re.findall(r"\w+", text)
    assert [unescape(place) for place in re.findall(r'href="([^"]*)"', page)] == re.findall(r"https?://\S+", made.body)


@pytest.mark.parametrize("mail", EVERY_MAIL)
def test_the_page_of_a_mail_is_titled_and_readable_in_the_dark(written, mail):
    made = written(mail)
    assert f"<title>{made.subject}</title>" in made.html
    assert '<meta name="color-scheme" content="light dark">' in made.html
    assert "prefers-color-scheme: dark" in made.html


def test_the_mail_about_keys_that_expire_names_each_with_its_end_and_where_to_rotate_it(written):
    made = written("keys_expire")
    assert made.subject == "2 Keydesk keys have expired or will soon"
    page = "http://localhost:7860/orgs/org_1/keys"
    assert made.body == (
        "Hello,\n\n"
        "This key stops working soon. Rotate what is still needed:\n\n"
        f"- “CI” (whk_90e4b318…EkBD) expires on 16 May 2026, 12:00 UTC: {page}/key_CI/rotate\n\n"
        "This key has expired, and every request with it is refused:\n\n"
        f"- “Old” (whk_90e4b318…EkBD) expired on 15 April 2026, 12:00 UTC: {page}/key_Old\n\n"
        "Choose which mails you get: http://localhost:7860/account/mails"
    )
    assert words(made.html) == (
        "Hello, This key stops working soon. Rotate what is still needed:"
        f" “CI” (whk_90e4b318…EkBD) expires on 16 May 2026, 12:00 UTC: rotate: {page}/key_CI/rotate"
        " This key has expired, and every request with it is refused:"
        f" “Old” (whk_90e4b318…EkBD) expired on 15 April 2026, 12:00 UTC: see the key: {page}/key_Old"
        " Choose which mails you get: http://localhost:7860/account/mails"
    )


@pytest.mark.parametrize(
    ("keys", "subject"),
    [
        ([mailed("CI", "expires", 7)], "A Keydesk key expires soon"),
        ([mailed("CI", "expires", 7), mailed("CD", "expires", 7)], "2 Keydesk keys expire soon"),
        ([mailed("CI", "expired", -1)], "A Keydesk key has expired"),
        ([mailed("CI", "expired", -1), mailed("CD", "expired", -1)], "2 Keydesk keys have expired"),
    ],
)
def test_its_subject_says_whether_they_still_work(written, keys, subject):
    assert written("keys_expire", about=pack(keys, len(keys))).subject == subject


def test_it_counts_the_keys_that_it_does_not_name(written):
    made = written("keys_expire", about=pack([mailed("CI", "expires", 7)] * 30, 1234))
    assert made.subject == "1234 Keydesk keys expire soon"
    assert made.body.count("\n- “CI”") == made.html.count("“CI”") == 20
    for text in (made.body, words(made.html)):
        assert "There are 1214 more: " in text


@pytest.mark.parametrize("name", ["http://evil.example/", "evil.example", "<b>x</b>", "x\r\nBcc: eve@evil.example"])
@pytest.mark.parametrize("mail", [mail for mail in EVERY_MAIL if mail.startswith("keys_")])
def test_the_name_of_a_key_is_no_link_no_page_and_no_header(app, written, mail, name):
    made = written(mail, about=pack([mailed(name, "revoked", 7)], 1))
    for text in (made.body, made.html):
        assert "evil.example" not in text
        assert "<b>" not in text
    with app.app_context():
        assert "Bcc" not in message_from_bytes(made.as_bytes())
    assert name not in made.subject


def test_the_mail_with_a_seal_says_what_it_stands_for_and_how_to_check_it(written):
    made = written("audit_seal")
    for text in (made.body, words(made.html)):
        assert "audit log of “Acme evil example” on 16 April 2026, 12:00 UTC:" in text
        assert "It stands for all 18,204 entries so far." in text
        assert f"./keydesk audit verify --seal {SEAL}" in text


def test_the_mail_about_changes_by_others_says_what_who_and_when(written):
    done = [
        *(("made", "was made in your name by bob@example.com"), ("revoked", "was revoked by bob@example.com")),
        *(("restored", "had its revoke undone by bob@example.com"), ("suspended", "was suspended by bob@example.com")),
        *(("resumed", "was resumed by bob@example.com"), ("rotated", "was rotated by bob@example.com")),
        ("widened", "was given more scopes by bob@example.com"),
    ]
    assert {what for what, _ in done} == set(notable_key_changes.TOLD.values())
    keys = [mailed("CI", what, 0, "bob@example.com", "more scopes") for what, _ in done]
    made = written("keys_changed", about=pack([*keys, mailed("CD", "revoked", 0, "operator")], 10))
    assert made.subject == "Somebody changed Keydesk keys of yours"
    page = "http://localhost:7860/orgs/org_1/keys/key_CI"
    lines = [f"“CI” (whk_90e4b318…EkBD) {text} on 16 April 2026, 12:00 UTC: " for _, text in done]
    for line in lines:
        assert f"- {line}{page}\n" in made.body
        assert f"{line}see the key: {page}" in words(made.html)
    for text in (made.body, words(made.html)):
        assert "was revoked by your operator on" in text
        assert "There are 2 more changes: " in text
        assert text.endswith("These mails protect your keys and cannot be switched off.")
    assert written("keys_changed").subject == "Somebody changed a Keydesk key of yours"


def test_an_invitation_says_who_invites_whom_to_what_as_what_until_when_and_what_if_it_is_ignored(written):
    made = written("invitation")
    assert SECRET not in made.body + made.html
    for text in (made.body, made.html):
        assert "bob@example.com invites you to join the organization “Acme” on Keydesk as a member." in text
        assert "http://localhost:7860/invitations/inv_1" in text
        assert "ann@example.com" in text
        assert "until 23 April 2026, 12:00 UTC" in text
        assert "ignore this email, and nothing happens" in text
    by_operator = written("invitation", about=invitation(by=None, role="admin"))
    assert "The operator of this Keydesk invites you to join the organization “Acme” on Keydesk as an admin." in (
        by_operator.body
    )


@pytest.mark.parametrize("name", ["http://evil.example/", "evil.example", "<b>x</b>", "x”. Call evil.example"])
def test_the_name_of_an_organization_is_no_link_and_ends_no_quotation(written, name):
    made = written("invitation", about=invitation(name=name))
    for text in (made.body, made.html):
        assert "evil.example" not in text
        assert "<b>" not in text
        assert text.count("“") == text.count("”") == 1
    assert "evil" not in made.subject


@pytest.mark.parametrize("by", ["evil.example/login@example.com", "evil.example?a=1@example.com"])
def test_the_address_of_who_invites_is_no_link(written, by):
    made = written("invitation", about=invitation(by=by))
    for text in (made.body, made.html):
        assert "evil.example" not in text
        assert "e•••@example.com invites you" in text


def test_the_mail_about_a_pause_carries_none_and_leads_to_sign_in(written):
    made = written("codes_paused")
    assert SECRET not in made.body + made.html
    assert "http://localhost:7860/sign-in" in made.body
    assert 'href="http://localhost:7860/sign-in"' in made.html


@pytest.mark.parametrize("mail", ["sign_in_link", "codes_paused"])
def test_an_address_is_text_whatever_signs_it_holds(written, mail):
    made = written(mail, "o'brien&co@example.com")
    assert "o'brien&co@example.com" in made.body
    assert "o&#39;brien&amp;co@example.com" in made.html


def test_links_are_built_from_public_url(written, set_settings):
    set_settings(public_url="https://keys.example.com")
    assert f"https://keys.example.com/v1/auth/callback?token={SECRET}" in written("sign_in_link").body
    assert f'href="https://keys.example.com/v1/auth/callback?token={SECRET}"' in written("sign_in_link").html


@pytest.mark.parametrize("mail", EVERY_MAIL)
def test_text_and_page_are_alternatives_and_nothing_is_around_them(app, written, mail):
    made = written(mail)
    with app.app_context():
        sent = message_from_bytes(made.as_bytes())
    assert [part.get_content_type() for part in sent.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert [name for name in sent if sent.get_all(name) != [sent[name]]] == []
    assert {"MIME-Version", "Subject", "From", "To", "Date", "Message-ID"} <= set(sent.keys())


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.mark.parametrize("mail", CARRY_A_SECRET)
@pytest.mark.parametrize(
    ("asker", "said"),
    [
        (Asker("203.0.113.7", FIREFOX), "from 203.0.113.7 with Firefox on Linux on 16 April 2026, 12:00 UTC"),
        (Asker("2001:db8::1", "curl/8.5.0"), "from 2001:db8::1 with curl on 16 April 2026, 12:00 UTC"),
        (UNKNOWN, "from an unknown address with an unknown program on 16 April 2026, 12:00 UTC"),
    ],
)
def test_a_mail_says_who_asked_for_it(written, mail, asker, said):
    made = written(mail, asker=asker)
    assert f"It was requested {said}." in made.body
    assert f"It was requested {said}." in made.html


@pytest.mark.parametrize(
    "program",
    [
        "Your account is locked: http://evil.example/",
        "evil.example/pay",
        "Mozilla/5.0 see http://evil.example/",
        "<b>x</b>/1",
        "x\n\nevil/1",
        "evil",
    ],
)
def test_who_asks_puts_no_text_of_theirs_into_the_mail(written, program):
    made = written("sign_in_link", asker=Asker("203.0.113.7", program))
    for text in (made.body, made.html):
        assert "with an unknown program on" in text
        assert "evil" not in text


@pytest.mark.parametrize("mail", ["keys_changed", "organization_deleted", "invitation"])
def test_who_did_it_cannot_put_a_link_into_a_mail_by_their_address(written, mail):
    evil = "evil.example/login@x.example"
    about = {
        "keys_changed": pack([mailed("CI", "revoked", -1, evil)], 1),
        "organization_deleted": ABOUT["organization_deleted"].replace("bob@example.com", evil),
        "invitation": invitation(by=evil),
    }[mail]
    made = written(mail, about=about)
    for text in (made.body, made.html):
        assert "evil.example/" not in text
        assert "e•••@x.example" in text
