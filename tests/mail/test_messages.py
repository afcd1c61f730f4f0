"""The emails: each has one recipient, a text and a page that say the same, and its secret."""

import json
from datetime import timedelta
from email import message_from_bytes

import pytest

from app.config import ROOT
from app.domain.secret import Secret
from app.mail.messages import message
from app.services.outbox import UNKNOWN, Asker, Letter

SECRET = "482901"
CARRY_A_SECRET = ["sign_in_link", "email_code", "sign_up_code"]
EVERY_MAIL = [*CARRY_A_SECRET, "codes_paused", "key_ends", "invitation"]


def invitation(**other):
    until = {"until": "2026-04-23T12:00:00Z"}
    return json.dumps({"id": "inv_1", "name": "Acme", "role": "member", "by": "bob@example.com"} | until | other)


#: What mails are about, by their kinds.
ABOUT = {"key_ends": "org_1 key_1 whk_90e4b318…EkBD", "invitation": invitation()}


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


def test_the_mail_about_a_key_that_ends_leads_to_its_page_and_says_when(written):
    made = written("key_ends")
    assert SECRET not in made.body + made.html
    for text in (made.body, made.html):
        assert "whk_90e4b318…EkBD" in text
        assert "16 April 2026, 12:15 UTC" in text
        assert "http://localhost:7860/orgs/org_1/keys/key_1" in text


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
