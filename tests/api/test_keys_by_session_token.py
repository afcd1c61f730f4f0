"""Keys that a person's agent manages, by session token."""

import pytest

from app.domain.member_roles import Role
from app.services import operator_invitations
from tests.actors import Actor
from tests.http.problems import assert_problem

RATE = {"requests": 2, "window_seconds": 60}


def me(alice, key, address="127.0.0.1"):
    headers = {"x-api-key": key["key"], "User-Agent": "curl/8"}
    return alice.app.test_client().get("/v1/me", headers=headers, environ_base={"REMOTE_ADDR": address})


def test_an_agents_key_takes_limits_too(cast):
    headers = {"Authorization": f"Bearer {cast.session_token(cast.alice)}"}
    body = {"name": "Agent", "rate_limit": RATE, "networks": ["127.0.0.0/8"]}
    created = cast.nobody().http.post("/v1/keys/create", json=body, headers=headers).get_json()["data"]
    assert list(created) == ["key", "id", "name", "scopes", "expires_at", "created_at"]
    assert me(cast.alice, created).headers["RateLimit-Policy"] == '"default";q=2;w=60'


@pytest.fixture
def agent(app, cast):
    """Sends requests with a session token of somebody's."""

    def agent(actor):
        headers = {"Authorization": f"Bearer {cast.session_token(actor)}"}
        client = app.test_client()
        return lambda method, path, **more: client.open(path, method=method, headers=headers, **more)

    return agent


def test_who_belongs_to_several_organizations_says_in_which(cast, agent):
    charlie, own = cast.charlie, cast.charlie.own_organization()
    cast.join(charlie, cast.alice.org)
    send = agent(charlie)
    refused = send("POST", "/v1/keys/create", json={"name": "CI"})
    assert refused.status_code == 422
    assert refused.get_json()["details"]["fields"].keys() == {"org_id"}
    assert {found["id"] for found in refused.get_json()["details"]["organizations"]} == {own, cast.alice.org}
    for org_id in (own, cast.alice.org):
        made = send("POST", "/v1/keys/create", json={"name": "CI", "org_id": org_id})
        assert made.status_code == 201
    listed = send("GET", "/v1/keys/list").get_json()["data"]
    assert {key["org_id"] for key in listed} == {own, cast.alice.org}


def test_who_is_in_no_organization_yet_is_told_so(app, alice):
    with app.app_context():
        operator_invitations.invite(app.extensions["runtime"], alice.org, "dora@example.com", Role.MEMBER)
    dora = Actor(app, "dora").sign_in()
    assert dora.http.get("/v1/keys/list").get_json()["data"] == []
    answer = dora.http.post("/v1/keys/create", json={"name": "CI"})
    assert_problem(answer, 422, "VALIDATION_FAILED")
    details = {"fields": {"org_id": "is missing; you are in no organization, so join one first"}, "organizations": []}
    assert answer.get_json()["details"] == details


def test_another_persons_organization_and_keys_are_not_there(cast, agent):
    send, key_id = agent(cast.charlie), cast.alice.create_key()["id"]
    answers = [
        send("POST", "/v1/keys/create", json={"name": "CI", "org_id": cast.alice.org}),
        send("POST", "/v1/keys/create", json={"name": "CI", "org_id": "org_none"}),
        send("POST", f"/v1/keys/{key_id}/revoke"),
        send("POST", "/v1/keys/key_none/revoke"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert send("GET", "/v1/keys/list").get_json()["data"] == []


def test_working_keys_are_listed_in_pages_and_revoked_ones_are_not(cast, agent, clock):
    send, made = agent(cast.alice), []
    for number in range(3):
        clock.advance(seconds=1)
        made.append(cast.alice.create_key(name=f"Key {number}")["id"])
    assert send("POST", f"/v1/keys/{made.pop(1)}/revoke").get_json()["data"]["status"] == "revoked"
    first = send("GET", "/v1/keys/list?limit=1").get_json()
    second = send("GET", f"/v1/keys/list?limit=1&cursor={first['next_cursor']}").get_json()
    assert [key["id"] for key in first["data"] + second["data"]] == made[::-1]
    assert second["next_cursor"] is None


def test_an_api_key_manages_no_keys(alice, app):
    headers = {"x-api-key": alice.create_key()["key"]}
    answer = app.test_client().get("/v1/keys/list", headers=headers)
    assert (answer.status_code, answer.get_json()["error_code"]) == (403, "FORBIDDEN")
