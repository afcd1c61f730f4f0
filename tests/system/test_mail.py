"""The sign-in mail, through a real SMTP server, and what its link does in whose hands."""

import re
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from tests.servers import serving
from tests.system import post_office
from tests.system.visitors import Visitor, query

CALLBACK = "/v1/auth/callback"


@pytest.fixture(scope="module")
def office():
    with post_office.open_office() as (office, port):
        office.port = port
        yield office


@pytest.fixture(scope="module")
def database_url(sqlite, tmp_path_factory):
    return sqlite.fresh(tmp_path_factory.mktemp("mail"))


@pytest.fixture(scope="module")
def server(office, database_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mail-server")
    with serving(database_url, folder, TRUSTED_HOPS="1", **post_office.settings(office.port)) as server:
        yield server


@pytest.fixture
def email():
    """An address that no other test uses: mails of theirs may still be under way."""
    return f"{uuid4().hex[:8]}@example.com"


@pytest.fixture
def alice(server):
    with Visitor(server) as visitor:
        yield visitor


@pytest.fixture
def bob(server):
    with Visitor(server) as visitor:
        yield visitor


@pytest.fixture
def mailed_link(alice, email, office):
    """The path and query of the link that Alice asked for and got by mail."""
    assert "whs_login" in ask(alice, email).cookies
    (message,) = office.mails_to(email)
    parts = urlsplit(link_in(message))
    return f"{parts.path}?{parts.query}"


def ask(visitor, email, **headers):
    answer = visitor.http.post(f"{visitor.server.url}/v1/auth/request", json={"email": email}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def link_in(message):
    (link,) = re.findall(r"https?://\S+", message.get_body(("plain",)).get_content())
    return link


def follow(visitor, link, method="GET", **headers):
    return visitor.http.request(method, visitor.server.url + link, headers=headers)


def test_the_mail_goes_to_one_recipient_as_text_and_html_under_one_subject(alice, email, office):
    ask(alice, email.upper(), **{"X-Forwarded-For": "203.0.113.7", "User-Agent": "curl/8.5.0"})
    (message,) = office.mails_to(email)
    assert [recipients for recipients, mail in office.mails if mail is message] == [[email]]
    assert message["To"] == email
    assert message["Cc"] is None
    assert message["Bcc"] is None
    assert message["Subject"] == "Your Keydesk sign-in link"
    assert message["From"] == "Keydesk <keydesk@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@localhost>")
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert link_in(message) in message.get_body(("html",)).get_content()
    assert "requested from 203.0.113.7 with curl on" in message.get_body(("plain",)).get_content()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "evil.localhost"])
def test_the_link_is_built_from_public_url_whatever_host_was_named(alice, email, office, server, host):
    ask(alice, email, Host=host, **{"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    (message,) = office.mails_to(email)
    assert link_in(message).startswith(f"http://localhost:{server.url.rpartition(':')[2]}{CALLBACK}?token=")
    assert "evil" not in message.as_string()


def test_a_foreign_host_is_refused_and_gets_no_mail(alice, email, database_url):
    answer = alice.http.post(
        f"{alice.server.url}/v1/auth/request", json={"email": email}, headers={"Host": "evil.example"}
    )
    assert answer.status_code == 400
    assert query(database_url, "SELECT count(*) FROM outbox_mail WHERE recipient = :to", to=email) == [(0,)]


def test_no_answer_shows_the_link_when_there_is_mail(alice, email, server):
    assert set(ask(alice, email).json()) == {"message", "expires_at"}
    page = alice.http.post(f"{server.url}/sign-in", data={"email": email}).text
    assert CALLBACK not in page
    assert "devLink" not in server.log


def test_the_browser_that_asked_is_signed_in_by_following_the_link_once(alice, mailed_link, server):
    signed_in = follow(alice, mailed_link)
    assert signed_in.status_code == 302
    assert signed_in.headers["Location"] == "/"
    assert "HttpOnly" in signed_in.headers["Set-Cookie"]
    assert alice.http.get(f"{server.url}/v1/orgs").status_code == 200
    assert follow(alice, mailed_link).status_code == 410


def test_another_browser_gets_a_page_with_a_button_and_is_signed_in_by_it_only(alice, bob, email, mailed_link):
    for _ in range(2):
        page = follow(bob, mailed_link)
        assert page.status_code == 200
        assert "whs_session" not in bob.http.cookies
        assert f'<form method="post" action="{CALLBACK}">' in page.text
        assert "<button" in page.text
        assert email not in page.text
    token = parse_qs(urlsplit(mailed_link).query)["token"][0]
    pressed = bob.http.post(f"{bob.server.url}{CALLBACK}", data={"token": token})
    assert pressed.status_code == 303
    assert "whs_session" in bob.http.cookies
    assert follow(alice, mailed_link).status_code == 410


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"Sec-Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"X-Moz": "prefetch"}),
    ],
)
def test_looking_ahead_does_not_use_the_link_up(alice, mailed_link, method, headers):
    looked = follow(alice, mailed_link, method, **headers)
    assert looked.status_code == 200
    assert "whs_session" not in alice.http.cookies
    assert follow(alice, mailed_link).status_code == 302


def test_a_forged_link_is_a_page_that_says_so(alice, mailed_link):
    forged = follow(alice, mailed_link[:-6] + "AAAAAA")
    assert forged.status_code == 400
    assert forged.headers["Content-Type"].startswith("text/html")
    assert follow(alice, mailed_link).status_code == 302
