"""Revoking a key in the browser, undoing it, and the report of a key that got out."""

import re

import pytest

from app.services.key_revocation import MAX_AT_ONCE
from tests.web.pages import Page


def path(actor, key_id, tail=""):
    return f"/orgs/{actor.org}/keys/{key_id}{tail}"


def status_with(actor, key):
    return actor.app.test_client().get("/v1/me", headers={"x-api-key": key}).status_code


def test_a_revoke_is_undone_on_the_keys_page(alice):
    made = alice.create_key(name="CI")
    answer = alice.http.post(path(alice, made["id"], "/revoke"))
    assert status_with(alice, made["key"]) == 401
    told = Page(alice.http.get(answer.location))
    assert "“CI” is revoked" in told.text
    assert path(alice, made["id"]) in told.links
    assert "You can undo this until" in Page(alice.http.get(path(alice, made["id"]))).text
    answer = alice.http.post(path(alice, made["id"], "/undo-revoke"))
    assert "“CI” works again" in alice.http.get(answer.location).text
    assert status_with(alice, made["key"]) == 200


def test_after_an_hour_it_is_not_offered_and_says_why(alice, clock):
    made = alice.create_key()
    alice.http.post(path(alice, made["id"], "/revoke"))
    clock.advance(minutes=60)
    assert "You can undo" not in alice.http.get(path(alice, made["id"])).text
    answer = alice.http.post(path(alice, made["id"], "/undo-revoke"))
    assert "60 minutes" in alice.http.get(answer.location).text
    assert status_with(alice, made["key"]) == 401


def test_a_key_that_got_out_is_revoked_for_good_and_reported(alice):
    made = alice.create_key(name="Leaky", scopes=["agent:r"])
    status_with(alice, made["key"])
    from_elsewhere = {"environ_base": {"REMOTE_ADDR": "198.51.100.9"}, "headers": {"x-api-key": made["key"]}}
    alice.app.test_client().post("/v1/cache/invalidate", **from_elsewhere)
    with alice.app.app_context():
        alice.app.extensions["runtime"].usage.flush()
    asked = alice.http.get(path(alice, made["id"], "/revoke?leaked=yes")).text
    assert 'name="leaked" value="yes" checked' in asked
    answer = alice.http.post(path(alice, made["id"], "/revoke"), data={"leaked": "yes"})
    report = Page(alice.http.get(answer.location)).text
    hour = "between 16 April 2026, 12:00 UTC and 16 April 2026, 13:00 UTC"
    for said in (
        *("Leaky", "GET /v1/telemetry", "1 let through, 1 refused", "from 127.0.0.1", "anywhere"),
        *(f"- 127.0.0.1: let through {hour}", f"- 198.51.100.9: refused {hour}"),
    ):
        assert said in report
    assert "and more" not in report
    assert made["key"] not in report
    assert "You can undo" not in alice.http.get(path(alice, made["id"])).text
    answer = alice.http.post(path(alice, made["id"], "/undo-revoke"))
    assert "reported as leaked" in alice.http.get(answer.location).text


def test_the_report_says_if_there_were_more_addresses(alice):
    made = alice.create_key()
    for number in range(101):
        address = {"REMOTE_ADDR": f"192.0.2.{number}"}
        alice.app.test_client().get("/v1/me", headers={"x-api-key": made["key"]}, environ_base=address)
    with alice.app.app_context():
        alice.app.extensions["runtime"].usage.flush()
    assert "- and more: at most 100 a day" in alice.http.get(path(alice, made["id"], "/leaked")).text
    page = Page(alice.http.get(path(alice, made["id"])))
    assert page.text.count("let through, in the hour from <time") == 5
    assert path(alice, made["id"], "/leaked") in page.links


def test_the_report_of_a_key_that_works_says_what_to_do_first(alice):
    made = alice.create_key()
    page = Page(alice.http.get(path(alice, made["id"], "/leaked")))
    assert "It still works" in page.text
    assert path(alice, made["id"], "/revoke?leaked=yes") in page.links


def test_the_question_says_how_the_key_is_used(alice):
    made = alice.create_key(scopes=["notes:read"])
    client = alice.app.test_client()
    for _ in range(3):
        client.get("/v1/telemetry", headers={"x-api-key": made["key"]})
    with alice.app.app_context():
        alice.app.extensions["runtime"].usage.flush()
    assert "never let through; 3 requests were refused today" in " ".join(
        alice.http.get(path(alice, made["id"], "/revoke")).text.split()
    )


@pytest.mark.parametrize("action", ["undo-revoke", "leaked"])
def test_others_may_not(cast, action):
    key_id = cast.alice.create_key()["id"]
    ask = cast.bob.http.get if action == "leaked" else cast.bob.http.post
    assert ask(path(cast.bob, key_id, f"/{action}")).status_code == 403


def test_a_whole_page_of_the_list_can_be_revoked_together(alice):
    ids = [alice.create_key(name=f"Key {number}")["id"] for number in range(51)]
    listed = alice.http.get(path(alice, "")[:-1]).text
    selectable = re.findall(r'name="key" value="([^"]+)"', listed)
    assert len(selectable) == MAX_AT_ONCE
    assert set(selectable) < set(ids)
    assert alice.http.get(path(alice, "revoke"), query_string={"key": selectable}).status_code == 200
    alice.http.post(path(alice, "revoke"), data={"key": selectable})
    left = alice.http.get(path(alice, "")[:-1]).text
    assert re.findall(r'name="key" value="([^"]+)"', left) == [key_id for key_id in ids if key_id not in selectable]
