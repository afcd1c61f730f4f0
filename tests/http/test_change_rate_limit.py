"""The limits on requests that take rights away."""

import pytest
from limits import parse

from app.domain.errors import Busy
from app.http import change_rate_limit
from tests.http.problems import assert_problem

PERSON, CLIENT = "app.http.change_rate_limit.CHANGES_OF_PERSON", "app.http.change_rate_limit.CHANGES_OF_CLIENT"


@pytest.fixture
def revoked(alice):
    key_id = alice.create_key()["id"]
    return f"/v1/orgs/{alice.org}/keys/{key_id}"


def test_changes_of_every_kind_count_together_by_person(cast, alice, revoked, monkeypatch):
    monkeypatch.setattr(PERSON, "5 per minute")
    key = alice.create_key(scopes=["cache:invalidate"])
    assert alice.http.patch(revoked, json={"name": "Changed"}).status_code == 200
    assert alice.http.post(f"{revoked}/rotate", json={"overlap_seconds": 60}).status_code == 201
    assert alice.http.post(f"{revoked}/revoke").status_code == 200
    # Her agent is she herself.
    by_agent = {"Authorization": f"Bearer {cast.session_token(alice)}"}
    assert alice.app.test_client().post(f"/v1/keys/{key['id']}/revoke", headers=by_agent).status_code == 200
    assert alice.http.post(revoked.removeprefix("/v1") + "/revoke").status_code == 303
    answer = alice.http.post(f"{revoked}/revoke")
    assert_problem(answer, 429, "RATE_LIMITED")
    assert answer.headers["Retry-After"] == "60"
    assert answer.headers["RateLimit-Policy"] == '"changes-person";q=5;w=60'
    # Not limited: what takes nothing away, and other people.
    alice.create_key()
    assert cast.adam.sign_in().http.post(f"{revoked}/revoke").status_code == 200


def test_a_keys_organization_counts_as_a_person(alice, monkeypatch):
    monkeypatch.setattr(PERSON, "2 per minute")
    ask = alice.app.test_client().post
    keys = [{"x-api-key": alice.create_key(scopes=["cache:invalidate"])["key"]} for _ in range(3)]
    seen = [ask("/v1/cache/invalidate", headers=key).status_code for key in keys]
    assert seen == [200, 200, 429]


def test_changes_count_by_client_too_so_that_many_accounts_do_not_help(cast, alice, revoked, monkeypatch):
    monkeypatch.setattr(CLIENT, "2 per minute")
    people = [alice, cast.adam.sign_in(), cast.charlie]
    answers = [who.http.post(f"{revoked}/revoke") for who in people[:2]]
    assert [answer.status_code for answer in answers] == [200, 200]
    other = people[2].own_organization()
    key_id = people[2].http.post(f"/v1/orgs/{other}/keys", json={"name": "CI"}).get_json()["data"]["id"]
    answer = people[2].http.post(f"/v1/orgs/{other}/keys/{key_id}/revoke")
    assert_problem(answer, 429, "RATE_LIMITED")
    assert answer.headers["RateLimit-Policy"] == '"changes-client";q=2;w=60'


def test_every_view_that_takes_rights_away_is_limited(app):
    views = app.view_functions
    limited = {endpoint for endpoint, view in views.items() if hasattr(view, "has_change_limit")}
    described = {
        endpoint for endpoint, view in views.items() if hasattr(view, "route_docs") and Busy in view.route_docs.errors
    }
    pages = {
        "key_rotation.rotate",
        "key_rotation.extend",
        "key_settings.change",
        "key_suspension.suspend",
        "key_suspension.resume",
    }
    pages |= {"key_revocation.revoke", "key_revocation.revoke_many", "key_revocation.undo_revoke", "shown_key.test"}
    pages |= {"members.set_role", "member_removal.remove", "member_removal.leave"}
    pages |= {"organization_settings.rename", "organization_deletion.delete"}
    # It takes no turn, but fills the audit log.
    others = {"api_key_policy.change", "key_policy.change"}
    assert limited == described | pages | others


def test_one_person_does_not_use_up_what_others_at_their_address_need(cast, alice, revoked, monkeypatch):
    assert parse(change_rate_limit.CHANGES_OF_CLIENT).amount >= 2 * parse(change_rate_limit.CHANGES_OF_PERSON).amount
    monkeypatch.setattr(PERSON, "2 per minute")
    monkeypatch.setattr(CLIENT, "4 per minute")
    nothing = f"/v1/orgs/{alice.org}/keys/key_none/revoke"
    assert [alice.http.post(nothing).status_code for _ in range(20)] == [404] * 2 + [429] * 18
    assert cast.adam.sign_in().http.post(f"{revoked}/revoke").status_code == 200
