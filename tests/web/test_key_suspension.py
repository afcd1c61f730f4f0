"""Suspending and resuming a key in the browser."""

import pytest

from tests.web.pages import Page


def path(actor, key_id, tail=""):
    return f"/orgs/{actor.org}/keys/{key_id}{tail}"


def test_a_key_is_suspended_and_resumed_by_a_button(alice):
    made = alice.create_key(name="CI")
    client = alice.app.test_client()
    assert 'action="' + path(alice, made["id"], "/suspend") in Page(alice.http.get(path(alice, made["id"]))).text
    answer = alice.http.post(path(alice, made["id"], "/suspend"))
    page = Page(alice.http.get(answer.location))
    assert "“CI” is suspended" in page.text
    assert "/rotate" not in page.text
    refused = client.get("/v1/me", headers={"x-api-key": made["key"]})
    assert (refused.status_code, refused.get_json()["error_code"]) == (401, "KEY_DISABLED")
    assert "is suspended" in Page(alice.http.get(path(alice, made["id"], "/rotate"))).text
    answer = alice.http.post(path(alice, made["id"], "/resume"))
    assert "“CI” works again" in alice.http.get(answer.location).text
    assert client.get("/v1/me", headers={"x-api-key": made["key"]}).status_code == 200


def test_a_member_is_told_who_can_resume_what_an_admin_suspended(cast):
    key_id = cast.bob.create_key()["id"]
    cast.adam.http.post(path(cast.adam, key_id, "/suspend"))
    answer = cast.bob.http.post(path(cast.bob, key_id, "/resume"))
    assert answer.status_code == 403
    assert "An owner or admin suspended this key" in answer.text


def test_a_revoked_key_is_not_suspended(alice):
    key_id = alice.create_key()["id"]
    alice.revoke(key_id)
    answer = alice.http.post(path(alice, key_id, "/suspend"))
    assert "nothing to suspend" in alice.http.get(answer.location).text


@pytest.mark.parametrize("action", ["suspend", "resume"])
def test_others_may_not(cast, action):
    key_id = cast.alice.create_key()["id"]
    assert cast.bob.http.post(path(cast.bob, key_id, f"/{action}")).status_code == 403


def test_a_successors_page_says_that_the_old_key_is_suspended(cast):
    bob, adam = cast.bob, cast.adam
    old = bob.create_key(name="CI")
    rotation = f"/v1/orgs/{bob.org}/keys/{old['id']}/rotate"
    new = bob.http.post(rotation, json={"overlap_seconds": 3600}).get_json()["data"]

    def said(actor):
        return " ".join(Page(actor.http.get(path(actor, new["id"]))).text.split())

    assert "which works until" in said(bob)
    bob.http.post(path(bob, old["id"], "/suspend"))
    assert "is suspended: every request with it is refused" in said(bob)
    assert "which works until" not in said(bob)
    assert "Resume or revoke it on its page" in said(bob)
    adam.http.post(path(adam, old["id"], "/suspend"))
    assert "Ask an owner or admin to resume it, or revoke it" in said(bob)
    assert "Resume or revoke it on its page" in said(adam)
