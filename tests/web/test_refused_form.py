"""A form that is refused for a reason that is in no field, such as a limit: it comes back with what was typed."""

import pytest

from app.domain.errors import Busy
from app.domain.sliding_window_log import Window
from app.services import device_grants, key_quotas
from tests.web.pages import Page

SUBMISSION = "form-0123456789abcdef"
NEW = {
    "name": "Nightly report",
    "scopes": ["agent:r", "notes:read"],
    "expires": "365",
    "requests": "9",
    "seconds": "60",
    "networks": "203.0.113.0/24",
    "submission_id": SUBMISSION,
}
FULL = "This organization has 1 active keys, as many as it may have. Revoke keys that are no longer used."


@pytest.fixture
def full(alice, set_settings):
    """An organization with as many keys as it may have; its key."""
    key = alice.create_key(name="CI")
    set_settings(max_keys_per_org=1)
    return key


@pytest.fixture
def hasty(alice, monkeypatch):
    """A person who has created as many keys as they may; the last one."""
    key = alice.create_key(name="CI")
    monkeypatch.setattr(key_quotas, "CREATIONS", Window("key-creations", 1, 3600))
    return key


def path(actor, tail):
    return f"/orgs/{actor.org}/keys/{tail}"


def checked(page):
    return [line.split('value="')[1].split('"')[0] for line in page.splitlines() if " checked" in line]


def is_told(answer, problem, title):
    page = Page(answer)
    assert page.title.startswith(f"Problem: {title} · ")
    assert 'role="alert" tabindex="-1" autofocus' in page.text
    assert f"<li>{problem}</li>" in page.text
    assert answer.status_code in {422, 429, 503}
    assert ("Retry-After" in answer.headers) == (answer.status_code != 422)
    return page.text


def waits(answer):
    assert answer.headers["Retry-After"] == "3600"
    assert answer.headers["RateLimit-Policy"] == '"key-creations";q=1;w=3600'
    return "You have created 1 keys within an hour. Wait, then try again."


def is_as_typed(page):
    assert 'value="Nightly report"' in page
    assert checked(page) == NEW["scopes"]
    assert '<option value="365" selected>' in page
    assert 'value="9"' in page
    assert ">\n203.0.113.0/24</textarea>" in page
    assert f'value="{SUBMISSION}"' in page


def test_a_new_key_that_is_one_too_many(alice, full, set_settings):
    answer = alice.http.post(path(alice, "new"), data=NEW)
    is_as_typed(is_told(answer, FULL, "New key"))
    set_settings(max_keys_per_org=2)
    assert alice.http.post(path(alice, "new"), data=NEW).status_code == 201


@pytest.mark.usefixtures("hasty")
def test_a_new_key_that_comes_too_soon(alice):
    answer = alice.http.post(path(alice, "new"), data=NEW)
    is_as_typed(is_told(answer, waits(answer), "New key"))


def test_a_rotation_that_makes_one_key_too_many(alice, full):
    form = {"overlap": "86400", "submission_id": SUBMISSION}
    page = is_told(alice.http.post(path(alice, f"{full['id']}/rotate"), data=form), FULL, "Rotate CI")
    assert '<option value="86400" selected>' in page
    assert f'value="{SUBMISSION}"' in page
    assert alice.http.post(path(alice, f"{full['id']}/rotate"), data=form | {"overlap": "0"}).status_code == 201


def test_a_rotation_that_comes_too_soon(alice, hasty):
    answer = alice.http.post(path(alice, f"{hasty['id']}/rotate"), data={"overlap": "0"})
    is_told(answer, waits(answer), "Rotate CI")


def test_a_rotation_with_an_overlap_that_was_not_offered(alice):
    key = alice.create_key(name="CI")
    answer = alice.http.post(path(alice, f"{key['id']}/rotate"), data={"overlap": "17"})
    assert answer.status_code == 422
    assert "#overlap" in Page(answer).links


@pytest.mark.parametrize(("tail", "title"), [("change", "Change CI"), ("rotate", "Rotate CI")])
def test_what_gets_no_turn(alice, monkeypatch, runtime, tail, title):
    key = alice.create_key(name="CI")
    page = alice.http.get(path(alice, f"{key['id']}/change")).text
    seen = page.split('name="seen" value="')[1].split('"')[0]
    monkeypatch.setattr("app.services.fair_revocation_queue.WAIT_SECONDS", 0.01)
    with runtime.revocation_queue.take(alice.org):
        answer = alice.http.post(path(alice, f"{key['id']}/{tail}"), data=NEW | {"seen": seen, "overlap": "0"})
    page = is_told(answer, Busy.message, title)
    assert answer.headers["Retry-After"] == "1"
    if tail == "change":
        is_as_typed(page + f'value="{SUBMISSION}"')


@pytest.mark.parametrize(("tail", "title"), [("change", "Change CI"), ("rotate", "Rotate CI")])
def test_what_is_one_change_too_many(alice, monkeypatch, tail, title):
    key = alice.create_key(name="CI")
    monkeypatch.setattr("app.http.change_rate_limit.CHANGES_OF_PERSON", "1 per minute")
    alice.revoke(alice.create_key(name="Other")["id"])
    form = NEW | {"seen": "somebody else changed it", "overlap": "86400"}
    answer = alice.http.post(path(alice, f"{key['id']}/{tail}"), data=form)
    too_many = "Too many keys were revoked or changed by you or from your address."
    page = is_told(answer, f"{too_many} Nothing was changed; try again in a second.", title)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    if tail == "change":
        is_as_typed(page + f'value="{SUBMISSION}"')
        assert 'name="seen" value="somebody else changed it"' in page
    else:
        assert '<option value="86400" selected>' in page


@pytest.fixture
def code(app, runtime):
    with app.app_context():
        return device_grants.authorize(
            runtime, client_name="Claude Code", scopes=["agent:r", "notes:read"], client="203.0.113.1", address="::1"
        ).user_code.reveal()


@pytest.mark.parametrize("limit", ["full", "hasty"])
def test_an_agent_that_cannot_get_a_key(alice, code, request, limit):
    request.getfixturevalue(limit)
    decision = {"code": code, "decision": "approve", "org": alice.org, "scopes": ["notes:read"]}
    answer = alice.http.post("/device/decide", data=decision)
    page = Page(answer)
    assert page.title == "Problem: Connect Claude Code? · Keydesk"
    assert f"<li>{FULL if limit == 'full' else waits(answer)}</li>" in page.text
    assert checked(page.text) == ["notes:read"]


def test_too_many_links_or_codes_say_when_to_come_back(alice, app):
    client = app.test_client()
    for _ in range(101):
        answer = client.post("/sign-in", data={"email": "dora@example.com"})
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 60) == (429, True)
    for _ in range(11):
        answer = alice.http.post("/device", data={"code": "WDJB-MJHT"})
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 60) == (429, True)
