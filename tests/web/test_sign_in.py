"""Following a sign-in link: who is signed in at once, who is asked, and what never uses a link up."""

import re

import pytest
from sqlalchemy import select, text

from app.extensions import db
from app.services import sign_in
from app.store.one_time_secrets import OneTimeSecret


@pytest.fixture
def mailed(app, set_settings):
    """Mail mode, where only the browser that asked is signed in at once."""
    set_settings(mail_server="127.0.0.1")


@pytest.fixture
def browser(app):
    return app.test_client()


def ask(app, browser, email="alice@example.com", **form):
    """Asks on the page; the token as the mail would carry it."""
    answer = browser.post("/sign-in", data={"email": email} | form)
    assert answer.status_code == 200
    with app.app_context():
        row = db.session.scalars(select(OneTimeSecret).order_by(text("rowid DESC"))).first()
        return app.extensions["runtime"].links.sign(row.id).reveal()


def follow(browser, token, **headers):
    return browser.get("/v1/auth/callback", query_string={"token": token}, headers=headers)


def test_the_browser_that_asked_is_signed_in_and_led_to_the_dashboard(app, browser, mailed):
    answer = follow(browser, ask(app, browser))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    cookie = answer.headers["Set-Cookie"]
    assert re.match(r"whs_session=\S+; Expires=.*; Max-Age=2592000; HttpOnly; Path=/; SameSite=Lax$", cookie)
    assert browser.get("/v1/orgs").status_code == 200


def test_another_browser_sees_whom_it_is_for_and_a_button_and_the_button_signs_in(app, browser, mailed):
    token = ask(app, browser)
    other = app.test_client()
    page = follow(other, token)
    assert page.status_code == 200
    assert "a•••@example.com" in page.text
    assert "alice@example.com" not in page.text
    assert other.get("/v1/orgs").status_code == 401
    answer = other.post("/v1/auth/callback", data={"token": token})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert other.get("/v1/orgs").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Purpose": "preview"},
        {"X-Moz": "prefetch"},
    ],
)
def test_a_prefetch_never_uses_the_link_up(app, browser, mailed, headers):
    token = ask(app, browser)
    assert follow(browser, token, **headers).status_code == 200
    assert "Set-Cookie" not in follow(browser, token, **headers).headers
    assert follow(browser, token).status_code == 302


def test_a_head_never_uses_the_link_up_not_even_in_dev_mode(app, browser, set_settings):
    token = ask(app, browser)
    for _ in range(2):
        assert browser.head("/v1/auth/callback", query_string={"token": token}).status_code == 200
    assert follow(browser, token).status_code == 302


def test_in_dev_mode_any_browser_is_signed_in(app, browser):
    assert follow(app.test_client(), ask(app, browser)).status_code == 302


def test_a_used_or_old_link_is_410_with_the_way_to_a_new_one(app, browser, clock):
    used, old = ask(app, browser), ask(app, browser)
    follow(browser, used)
    clock.advance(seconds=900)
    for token in (used, old):
        for answer in (
            follow(app.test_client(), token),
            app.test_client().post("/v1/auth/callback", data={"token": token}),
        ):
            assert answer.status_code == 410
            assert 'href="/sign-in"' in answer.text
            assert answer.content_type == "text/html; charset=utf-8"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "Im90c18x.forged"])
def test_a_forged_link_is_400(browser, token):
    assert follow(browser, token).status_code == 400
    assert browser.post("/v1/auth/callback", data={"token": token}).status_code == 400


def test_sign_in_ends_at_the_page_that_was_asked_for(app, alice):
    browser = app.test_client()
    wanted = f"/orgs/{alice.org}/keys/new"
    answer = browser.get(wanted)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in?next={wanted}")
    page = browser.get(answer.headers["Location"]).text
    assert f'name="next" value="{wanted}"' in page
    assert follow(browser, ask(app, browser, next=wanted)).headers["Location"] == wanted


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/sign-in"])
def test_it_never_ends_elsewhere(app, browser, target):
    assert 'name="next"' not in browser.get("/sign-in", query_string={"next": target}).text
    assert follow(browser, ask(app, browser, next=target)).headers["Location"] == "/"


def test_an_address_that_is_none_is_kept_in_the_form_with_what_is_wrong(browser):
    answer = browser.post("/sign-in", data={"email": "alice at example"})
    assert answer.status_code == 422
    assert 'value="alice at example"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_the_page_over_the_limit_says_when_to_come_back(browser, set_settings):
    set_settings(mail_server="127.0.0.1")
    for _ in range(5):
        browser.post("/sign-in", data={"email": "alice@example.com"})
    answer = browser.post("/sign-in", data={"email": "alice@example.com"})
    assert answer.status_code == 429
    assert "60 minutes" in answer.text


def test_known_unknown_and_refused_addresses_see_the_same_page(app, alice, browser, mailed, set_settings):
    set_settings(mail_server="127.0.0.1", sign_up="invited")
    pages = {
        browser.post("/sign-in", data={"email": email}).text.replace(email, "")
        for email in ("alice@example.com", "nobody@example.com")
    }
    assert len(pages) == 1


def test_a_signed_in_person_is_not_asked_to_sign_in(alice):
    assert alice.http.get("/sign-in").headers["Location"] == "/"


def test_a_mark_of_another_browser_does_not_help(app, browser, mailed):
    token = ask(app, browser)
    other = app.test_client()
    ask(app, other, "eve@example.com")
    assert "Sign in as" in follow(other, token).text
    with app.app_context():
        assert sign_in.peek(app.extensions["runtime"], token)


def test_others_do_not_lock_out_a_browser_that_has_signed_in_before(app, browser, mailed):
    follow(browser, ask(app, browser))
    browser.post("/v1/auth/sign-out")
    for number in range(24):
        asked = app.test_client().post("/sign-in", data={"email": "alice@example.com"}, environ_base=from_(number))
        assert asked.status_code == 200
    locked_out = app.test_client().post("/sign-in", data={"email": "alice@example.com"}, environ_base=from_(99))
    assert locked_out.status_code == 429
    assert browser.post("/sign-in", data={"email": "bob@example.com"}).status_code == 200
    answer = follow(browser, ask(app, browser))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def from_(number):
    return {"REMOTE_ADDR": f"203.0.113.{number}"}


def notices(app):
    """The mails about new browsers: to whom, and from where the browser signed in."""
    with app.app_context():
        query = "SELECT recipient, asked_from, asked_with FROM outbox_mail WHERE mail = 'new_browser' ORDER BY rowid"
        return [tuple(row) for row in db.session.execute(text(query))]


def test_a_browser_that_has_not_signed_in_with_the_address_before_is_told_by_mail(app, browser, mailed):
    follow(browser, ask(app, browser))
    assert notices(app) == []
    follow(browser, ask(app, browser))
    assert notices(app) == []
    other = app.test_client()
    follow(other, ask(app, other), **{"User-Agent": "Firefox/140"})
    assert notices(app) == [("alice@example.com", "127.0.0.1", "Firefox/140")]


def test_looking_at_a_link_tells_nobody(app, browser, mailed):
    follow(browser, ask(app, browser))
    other, token = app.test_client(), ask(app, browser)
    assert "Sign in as" in follow(other, token).text
    assert notices(app) == []
    other.post("/v1/auth/callback", data={"token": token})
    assert len(notices(app)) == 1


def test_a_link_that_no_longer_works_brings_a_new_one_that_leads_to_the_same_page(app, browser, mailed, alice, clock):
    wanted = f"/orgs/{alice.org}/usage"
    old = ask(app, browser, next=wanted)
    clock.advance(days=1)
    page = follow(browser, old)
    assert page.status_code == 410
    assert "It was for a•••@example.com." in page.text
    assert "Send a new link</button>" in page.text
    assert alice.email not in page.text
    sent = browser.post("/sign-in/again", data={"token": old})
    assert "a•••@example.com" in sent.text
    assert alice.email not in sent.text
    with app.app_context():
        row = db.session.scalars(select(OneTimeSecret).order_by(text("rowid DESC"))).first()
        new = app.extensions["runtime"].links.sign(row.id).reveal()
    assert (row.email, new == old) == (alice.email, False)
    assert follow(browser, new).headers["Location"] == wanted


def test_new_links_for_old_ones_have_the_limits_of_all_links(app, browser, mailed):
    old = ask(app, browser)
    follow(browser, old)
    answers = [browser.post("/sign-in/again", data={"token": old}).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]


def test_a_link_that_is_not_on_record_or_forged_brings_none(app, browser):
    unknown = app.extensions["runtime"].links.sign("ots_unknown").reveal()
    assert browser.post("/sign-in/again", data={"token": unknown}).headers["Location"] == "/sign-in"
    assert browser.post("/sign-in/again", data={"token": "forged"}).status_code == 400
    page = follow(browser, unknown)
    assert page.status_code == 410
    assert "Get a new link" in page.text


def test_a_link_that_no_longer_works_leads_somebody_who_is_signed_in_to_their_keys(alice, app):
    token = ask(app, app.test_client())
    follow(alice.http, token)
    page = follow(alice.http, token).text
    assert "You are signed in as <strong>alice@example.com</strong> in this browser." in page
    assert '<a href="/">Go to your keys</a>' in page
