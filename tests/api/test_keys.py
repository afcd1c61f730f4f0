"""Keys of an organization over HTTP, as the seed page writes it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain import key_format
from app.domain.rfc3339 import rfc3339
from app.domain.route_policy import Scope
from app.domain.sliding_window_log import Window
from app.services import key_quotas, rotation_overlap

FIELDS = [
    "id",
    "name",
    "scopes",
    "start",
    "last4",
    "created_at",
    "created_by",
    "expires_at",
    "last_used_at",
    "revoked_at",
    "status",
    "rate_limit",
    "networks",
]


def test_create_answers_201_with_the_item_and_the_plaintext_once(alice, clock):
    created = alice.create_key(name="GitHub Action prod", scopes=["cache:invalidate"])
    assert list(created) == [*FIELDS, "key"]
    assert key_format.is_well_formed(created["key"])
    assert created | {"key": "", "id": "", "start": "", "last4": ""} == {
        "id": "",
        "name": "GitHub Action prod",
        "scopes": ["cache:invalidate"],
        "start": "",
        "last4": "",
        "created_at": rfc3339(clock.now),
        "created_by": "alice@example.com",
        "expires_at": None,
        "last_used_at": None,
        "revoked_at": None,
        "status": "active",
        "rate_limit": None,
        "networks": [],
        "key": "",
    }
    listed = alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()
    assert listed == {"data": [{field: created[field] for field in FIELDS}], "next_cursor": None}


def test_revoke_needs_no_body_and_is_idempotent(alice):
    created = alice.create_key()
    first, again = alice.revoke(created["id"]), alice.revoke(created["id"])
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.get_json()["data"]["status"] == "revoked"
    assert first.get_json() == again.get_json()
    assert list(first.get_json()["data"]) == FIELDS


def test_the_next_verification_after_revoke_is_401(alice, app):
    created = alice.create_key()
    client = app.test_client()
    assert client.get("/v1/me", headers={"x-api-key": created["key"]}).status_code == 200
    alice.revoke(created["id"])
    answer = client.get("/v1/me", headers={"x-api-key": created["key"]})
    assert (answer.status_code, answer.get_json()["error_code"]) == (401, "KEY_REVOKED")
    assert answer.headers["WWW-Authenticate"] == (
        'Bearer realm="keydesk", error="invalid_token", '
        'resource_metadata="http://localhost:7860/.well-known/oauth-protected-resource"'
    )


def test_rotate_without_a_body_ends_the_old_key_at_once(alice, app):
    old = alice.create_key(scopes=["notes:read"], expires_in_days=30)
    answer = alice.http.post(f"/v1/orgs/{alice.org}/keys/{old['id']}/rotate")
    new = answer.get_json()["data"]
    assert answer.status_code == 201
    assert (new["name"], new["scopes"], new["expires_at"]) == (old["name"], ["notes:read"], old["expires_at"])
    client = app.test_client()
    assert client.get("/v1/me", headers={"x-api-key": old["key"]}).status_code == 401
    assert client.get("/v1/me", headers={"x-api-key": new["key"]}).status_code == 200


def test_rotate_with_an_overlap_lets_both_work_until_it_ends(alice, app, clock):
    old = alice.create_key()
    path = f"/v1/orgs/{alice.org}/keys/{old['id']}/rotate"
    new = alice.http.post(path, json={"overlap_seconds": 60}).get_json()["data"]
    client = app.test_client()
    statuses = [client.get("/v1/me", headers={"x-api-key": key["key"]}).status_code for key in (old, new)]
    assert statuses == [200, 200]
    clock.advance(seconds=60)
    statuses = [client.get("/v1/me", headers={"x-api-key": key["key"]}).status_code for key in (old, new)]
    assert statuses == [401, 200]


def test_an_old_key_is_extended_by_a_day(alice, app, clock):
    old = alice.create_key()
    path = f"/v1/orgs/{alice.org}/keys/{old['id']}"
    assert alice.http.post(f"{path}/extend").get_json()["error_code"] == "KEY_NOT_ACTIVE"
    alice.http.post(f"{path}/rotate", json={"overlap_seconds": 60})
    answer = alice.http.post(f"{path}/extend")
    assert answer.status_code == 200
    assert answer.get_json()["data"]["expires_at"] == rfc3339(clock.now + timedelta(days=1, seconds=60))
    clock.advance(seconds=61)
    assert app.test_client().get("/v1/me", headers={"x-api-key": old["key"]}).status_code == 200


def test_a_member_does_not_extend_what_an_admin_rotated(cast):
    bob, adam = cast.bob, cast.adam
    path = f"/v1/orgs/{bob.org}/keys/{bob.create_key()['id']}"
    assert adam.http.post(f"{path}/rotate", json={"overlap_seconds": 60}).status_code == 201
    assert bob.http.post(f"{path}/extend").status_code == 403
    assert adam.http.post(f"{path}/extend").status_code == 200


def test_an_old_key_ends_once_it_is_idle(alice, app, runtime, clock):
    old = alice.create_key()
    path = f"/v1/orgs/{alice.org}/keys/{old['id']}"
    wanted = {"overlap_seconds": 86_400, "idle_seconds": 3600}
    assert alice.http.post(f"{path}/rotate", json=wanted).status_code == 201
    clock.advance(minutes=70)
    with app.app_context():
        rotation_overlap.end_idle(runtime)
    assert alice.http.get(path).get_json()["data"]["status"] == "revoked"


@pytest.mark.parametrize("seconds", [0, 3599, 2_592_001, "3600"])
def test_an_idle_time_out_of_bounds_is_named(alice, seconds):
    path = f"/v1/orgs/{alice.org}/keys/{alice.create_key()['id']}/rotate"
    answer = alice.http.post(path, json={"overlap_seconds": 60, "idle_seconds": seconds})
    assert answer.status_code == 422
    assert list(answer.get_json()["details"]["fields"]) == ["idle_seconds"]


def test_rotating_a_dead_key_says_what_to_do(alice):
    created = alice.create_key()
    alice.revoke(created["id"])
    answer = alice.http.post(f"/v1/orgs/{alice.org}/keys/{created['id']}/rotate")
    assert (answer.status_code, answer.get_json()["error_code"]) == (409, "KEY_NOT_ACTIVE")


@pytest.mark.parametrize(("days", "expected"), [(None, "active"), (8, "active"), (7, "expiring"), (1, "expiring")])
def test_status_follows_the_expiry(alice, days, expected):
    assert alice.create_key(expires_in_days=days)["status"] == expected


def test_expires_at_is_taken_in_any_zone_and_answered_in_utc(alice, clock):
    later = (clock.now + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%S+02:00")
    assert alice.create_key(expires_at=later)["expires_at"] == rfc3339(clock.now + timedelta(hours=3))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": 17}, "name"),
        ({"name": ""}, "name"),
        ({"name": "CI", "scopes": "agent:rw"}, "scopes"),
        ({"name": "CI", "scopes": [17]}, "scopes.0"),
        ({"name": "CI", "scopes": []}, "scopes"),
        ({"name": "CI", "expires_at": "tomorrow"}, "expires_at"),
        ({"name": "CI", "expires_at": "2027-01-01T00:00:00"}, "expires_at"),
        ({"name": "CI", "expires_at": 1893456000}, "expires_at"),
        ({"name": "CI", "expires_at": "1893456000"}, "expires_at"),
        ({"name": "CI", "expires_at": "2027-01-01_00:00:00Z"}, "expires_at"),
        ({"name": "CI", "expires_at": "2026-04-16T12:00:00.9Z"}, "expires_at"),
        ({"name": "CI", "expires_at": "2027-01-01T00:00:00+02:60"}, "expires_at"),
        ({"name": "a" * 100 + " "}, "name"),
        ({"name": "e\u0301" * 51}, "name"),
        ({"name": "\u3164"}, "name"),
        ({"name": "safe\u202etxt"}, "name"),
        ({"name": "CI", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "CI", "expires_in_days": "30"}, "expires_in_days"),
        ({"name": "CI", "expires_in_days": 1.5}, "expires_in_days"),
        ({"name": "CI", "expires_in_days": True}, "expires_in_days"),
        ({"name": "CI", "expires_in_days": 10**30}, "expires_in_days"),
        ({"name": "CI", "expires_in_days": 1, "expires_at": "2027-01-01T00:00:00Z"}, "expires_in_days"),
        ({"name": "CI", "scope": ["agent:r"]}, "scope"),
        ([], "body"),
        ("CI", "body"),
    ],
)
def test_what_cannot_be_meant_is_422_naming_the_field(alice, body, field):
    answer = alice.http.post(f"/v1/orgs/{alice.org}/keys", json=body)
    assert answer.status_code == 422
    assert answer.get_json()["error_code"] == "VALIDATION_FAILED"
    assert list(answer.get_json()["details"]["fields"]) == [field]


@pytest.mark.parametrize("name", ["👩\u200d💻 laptop", "می\u200cخواهم", "CI", "a" * 100])
def test_names_are_peoples_own(alice, name):
    assert alice.create_key(name=name)["name"] == name


def test_a_key_is_rotated_once(alice):
    path = f"/v1/orgs/{alice.org}/keys/{alice.create_key()['id']}/rotate"
    assert alice.http.post(path, json={"overlap_seconds": 60}).status_code == 201
    answer = alice.http.post(path)
    assert (answer.status_code, answer.get_json()["error_code"]) == (409, "KEY_NOT_ACTIVE")


def test_an_unknown_scope_lists_the_known_ones(alice):
    answer = alice.http.post(f"/v1/orgs/{alice.org}/keys", json={"name": "CI", "scopes": ["root"]})
    assert (answer.status_code, answer.get_json()["error_code"]) == (422, "UNKNOWN_SCOPE")
    assert answer.get_json()["details"]["known"] == [
        "agent:rw",
        "agent:r",
        "cache:invalidate",
        "notes:read",
        "notes:write",
        "keys:verify",
    ]


def test_pages_of_keys_follow_each_other(alice):
    made = [alice.create_key(name=f"Key {number}")["id"] for number in range(5)]
    first = alice.http.get(f"/v1/orgs/{alice.org}/keys?limit=3").get_json()
    second = alice.http.get(f"/v1/orgs/{alice.org}/keys?limit=3&cursor={first['next_cursor']}").get_json()
    assert sorted(item["id"] for item in first["data"] + second["data"]) == sorted(made)
    assert second["next_cursor"] is None


def test_an_absent_and_a_foreign_object_are_the_same_404(cast):
    key_id = cast.alice.create_key()["id"]
    charlie = cast.charlie
    own = charlie.own_organization()
    answers = [
        charlie.http.get(f"/v1/orgs/{cast.alice.org}/keys"),
        charlie.http.get("/v1/orgs/org_none/keys"),
        charlie.http.post(f"/v1/orgs/{cast.alice.org}/keys/{key_id}/revoke"),
        charlie.http.post(f"/v1/orgs/{own}/keys/{key_id}/revoke"),
        charlie.http.post(f"/v1/orgs/{own}/keys/key_none/revoke"),
        charlie.http.post(f"/v1/orgs/{own}/keys/{key_id}/rotate"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1


def test_roles_decide_who_creates_and_who_revokes(cast):
    alices, bobs = cast.alice.create_key()["id"], cast.bob.create_key()["id"]
    keys = f"/v1/orgs/{cast.alice.org}/keys"
    assert cast.vera.http.get(keys).status_code == 200
    assert cast.vera.http.post(keys, json={"name": "CI"}).get_json()["error_code"] == "FORBIDDEN"
    assert cast.vera.revoke(alices).status_code == 403
    assert cast.bob.revoke(alices).status_code == 403
    assert cast.bob.revoke(bobs).status_code == 200
    assert cast.adam.revoke(alices).status_code == 200
    reserved = {"name": "Back end", "scopes": ["keys:verify"]}
    assert cast.bob.http.post(keys, json=reserved).status_code == 403
    assert cast.adam.http.post(keys, json=reserved).status_code == 201


def test_a_key_never_manages_keys_even_beside_a_cookie(alice):
    key = alice.create_key()["key"]
    for headers in ({"x-api-key": key}, {"Authorization": f"Bearer {key}"}):
        answer = alice.http.get(f"/v1/orgs/{alice.org}/keys", headers=headers)
        assert (answer.status_code, answer.get_json()["error_code"]) == (403, "FORBIDDEN")
    answer = alice.http.get("/v1/orgs", headers={"x-api-key": "whk_wrong"})
    assert (answer.status_code, answer.get_json()["error_code"]) == (401, "INVALID_KEY")


def test_one_key_too_many_is_a_422_with_the_limit(alice, set_settings):
    key_id = alice.create_key()["id"]
    set_settings(max_keys_per_org=1)
    keys = f"/v1/orgs/{alice.org}/keys"
    answers = [
        alice.http.post(keys, json={"name": "CI"}),
        alice.http.post(f"{keys}/{key_id}/rotate", json={"overlap_seconds": 60}),
        alice.http.post("/v1/keys/create", json={"name": "CI", "org_id": alice.org}),
    ]
    for answer in answers:
        problem = answer.get_json()
        assert (answer.status_code, problem["error_code"], problem["details"]) == (422, "TOO_MANY_KEYS", {"limit": 1})
    assert alice.http.post(f"{keys}/{key_id}/rotate").status_code == 201


def test_too_many_new_keys_are_a_429_that_says_when(alice, monkeypatch):
    monkeypatch.setattr(key_quotas, "CREATIONS", Window("key-creations", 1, 3600))
    alice.create_key()
    answer = alice.http.post(f"/v1/orgs/{alice.org}/keys", json={"name": "CI"})
    assert (answer.status_code, answer.get_json()["error_code"]) == (429, "RATE_LIMITED")
    assert answer.headers["RateLimit-Policy"] == '"key-creations";q=1;w=3600'
    assert answer.headers["Retry-After"] == "3600"


def test_a_member_gives_no_scope_that_grants_a_reserved_one(cast, runtime, set_settings):
    policy = runtime.settings.policy
    outer = Scope("support", "For support", grants=("keys:verify",))
    set_settings(policy=replace(policy, scopes=policy.scopes | {"support": outer}))
    path = f"/v1/orgs/{cast.alice.org}/keys"
    refused = cast.bob.http.post(path, json={"name": "CI", "scopes": ["support"]})
    assert (refused.status_code, refused.get_json()["error_code"]) == (403, "FORBIDDEN")
    assert cast.alice.http.post(path, json={"name": "CI", "scopes": ["support"]}).status_code == 201
