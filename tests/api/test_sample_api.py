"""The sample API: where it is, where it is not, and that the policy guards it as forward-auth guards another API."""

from dataclasses import replace

import pytest

from app import create_app
from app.config import load_settings
from tests.config.environments import PRODUCTION
from tests.http.problems import assert_problem

FREE_FOR_ALL = """
default_scopes = ["agent:r"]
[scopes."agent:r"]
description = "Read"
[scopes."rest"]
description = "The rest"
{own}
[[routes]]
method = "GET"
path = "/v1/notes"
public = true
[[routes]]
method = "POST"
path = "/v1/listen"
scope = "rest"
"""
OWN = (("GET", "/v1/telemetry"), ("GET", "/v1/audit"), ("GET", "/v1/vpat"))
OWN += (("POST", "/v1/cache/invalidate"), ("POST", "/v1/keys/verify"))


@pytest.fixture
def ask(alice):
    """Asks with a key of Alice's that has these scopes."""
    anybody = alice.app.test_client()

    def ask(method, path, *scopes, **more):
        key = alice.create_key(scopes=list(scopes))["key"]
        return anybody.open(f"/v1{path}", method=method, headers={"x-api-key": key}, **more)

    return ask


def test_a_note_is_written_read_changed_and_deleted(ask):
    made = ask("POST", "/notes", "notes:write", json={"text": "Buy milk"})
    assert made.status_code == 201
    note = made.get_json()["data"]
    path = f"/notes/{note['id']}"
    assert ask("GET", path, "notes:read").get_json()["data"] == note
    assert note in ask("GET", "/notes", "notes:read").get_json()["data"]
    for method in ("PUT", "PATCH"):
        changed = ask(method, path, "notes:write", json={"text": method}).get_json()["data"]
        assert changed == note | {"text": method}
    assert ask("DELETE", path, "notes:write").status_code == 204
    assert_problem(ask("GET", path, "notes:read"), 404, "NOT_FOUND")


def test_listen_says_what_it_got(ask):
    got = ask("POST", "/listen?model=tiny.en", "agent:rw", data=b"RIFF" * 10, content_type="audio/wav")
    assert got.get_json() == {"data": {"bytes": 40, "content_type": "audio/wav", "model": "tiny.en"}}
    assert_problem(ask("POST", "/listen", "agent:rw", data=b"x" * (64 * 1024 + 1)), 413, "BODY_TOO_LARGE")


def test_it_speaks_no_websocket(alice):
    key = alice.create_key(scopes=["agent:rw"])["key"]
    handshake = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "x"}
    answer = alice.app.test_client().get(f"/v1/listen?token={key}", headers=handshake)
    assert_problem(answer, 405, "METHOD_NOT_ALLOWED")


def test_the_policy_says_which_scope_each_route_needs(ask):
    refused = ask("POST", "/notes", "notes:read", json={"text": "Buy milk"})
    assert_problem(refused, 403, "INSUFFICIENT_SCOPE")
    assert refused.get_json()["details"]["required"] == "notes:write"
    assert_problem(ask("POST", "/listen", "notes:write"), 403, "INSUFFICIENT_SCOPE")


def test_each_call_counts_once_and_takes_what_the_policy_says(alice, runtime, set_settings):
    policy = runtime.settings.policy
    routes = tuple(replace(row, cost=5) if row.path == "/v1/notes" else row for row in policy.routes)
    set_settings(policy=replace(policy, routes=routes))
    limit = {"requests": 2, "window_seconds": 60}
    key = alice.create_key(scopes=["notes:read"], rate_limit=limit)["key"]
    anybody, headers = alice.app.test_client(), {"x-api-key": key}

    def balance():
        return alice.http.get(f"/v1/credits/balance?org_id={alice.org}").get_json()["balance"]

    before = balance()
    assert anybody.get("/v1/notes", headers=headers).headers["RateLimit"].startswith('"default";r=1')
    assert balance() == before - 5
    assert anybody.get("/v1/notes", headers=headers).status_code == 200
    assert_problem(anybody.get("/v1/notes", headers=headers), 429, "RATE_LIMITED")
    assert balance() == before - 10


def test_organizations_do_not_see_each_others_notes(cast, ask):
    note = ask("POST", "/notes", "notes:write", json={"text": "mine"}).get_json()["data"]
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    headers = {"x-api-key": charlie.create_key(scopes=["notes:write"])["key"]}
    anybody = charlie.app.test_client()
    assert anybody.get("/v1/notes", headers=headers).get_json() == {"data": []}
    assert_problem(anybody.delete(f"/v1/notes/{note['id']}", headers=headers), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("environ", "workers"),
    [(PRODUCTION, 1), ({"API_URLS": "https://api.example.com"}, 1), ({}, 2)],
    ids=["production", "with an API", "two workers"],
)
def test_elsewhere_it_is_neither_there_nor_described(tmp_path, environ, workers):
    app = create_app(replace(load_settings(environ, instance_path=tmp_path), workers=workers))
    host = {"Host": "keys.example.com" if environ is PRODUCTION else "localhost"}
    assert_problem(app.test_client().get("/v1/notes", headers=host), 404, "NOT_FOUND")
    described = app.test_client().get("/openapi.json", headers=host).get_json()
    assert not [path for path in described["paths"] if path.startswith(("/v1/notes", "/v1/listen"))]
    assert "Sample" not in {tag["name"] for tag in described["tags"]}


def test_a_route_that_the_policy_does_not_list_with_a_scope_is_not_there(tmp_path):
    own = "\n".join(f'[[routes]]\nmethod = "{method}"\npath = "{path}"\nscope = "agent:r"' for method, path in OWN)
    (tmp_path / "policy.toml").write_text(FREE_FOR_ALL.format(own=own))
    app = create_app(load_settings({"POLICY_FILE": str(tmp_path / "policy.toml")}, instance_path=tmp_path))
    served = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api_sample.")}
    assert served == {"/v1/listen"}
