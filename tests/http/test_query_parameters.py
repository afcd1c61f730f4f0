"""Query parameters that a route does not have: refused where programs ask, ignored where people follow links."""

import re

import pytest

from tests.api.description import Description


def fields(answer):
    return answer.get_json()["details"]["fields"]


def test_every_unknown_parameter_is_named_with_the_way_out(alice):
    answer = alice.http.get(f"/v1/orgs/{alice.org}/keys?limt=5&limit=5&utm_source=mail&utm_source=mail")
    assert (answer.status_code, answer.get_json()["error_code"]) == (422, "VALIDATION_FAILED")
    sentence = (
        "is not a parameter of this request. Its parameters: limit, cursor, failing, unused, outside_policy, owner"
    )
    assert fields(answer) == {"limt": sentence, "utm_source": sentence}


@pytest.mark.parametrize("query", ["limit=5&limit=500", "limit=5&limit=5", "limit=5&limit="])
def test_a_repeated_parameter_is_named(alice, query):
    answer = alice.http.get(f"/v1/orgs/{alice.org}/keys?{query}&cursor=x&cursor=y")
    assert (answer.status_code, answer.get_json()["error_code"]) == (422, "VALIDATION_FAILED")
    assert fields(answer) == {"cursor": "was sent more than once", "limit": "was sent more than once"}


def test_a_route_without_parameters_says_so_before_it_does_anything(alice):
    answer = alice.http.post(f"/v1/orgs/{alice.org}/keys?dry_run=1", json={"name": "ci"})
    assert answer.status_code == 422
    assert fields(answer) == {"dry_run": "is not a parameter of this request. Its parameters: none"}
    assert alice.http.get(f"/v1/orgs/{alice.org}/keys").get_json()["data"] == []


def test_a_stranger_gets_the_guards_answer(app, cast):
    assert app.test_client().get("/v1/me?x=1").status_code == 401
    assert cast.charlie.http.get(f"/v1/orgs/{cast.alice.org}/keys?x=1").status_code == 404


def test_a_key_in_the_query_of_a_handshake_is_a_credential_and_nowhere_else(alice):
    key, client = alice.create_key()["key"], alice.app.test_client()
    handshake = {"Upgrade": "websocket", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert client.get(f"/v1/me?token={key}", headers=handshake).status_code == 200
    assert fields(client.get(f"/v1/me?token={key}", headers={"x-api-key": key})).keys() == {"token"}


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/sign-in?utm_source=mail", 200),
        ("GET", "/v1/auth/callback?token=forged&utm_source=mail", 400),
        ("GET", "/v1/forward-auth?utm_source=mail", 403),
        ("GET", "/healthz?probe=1", 200),
        ("GET", "/openapi.json?v=1", 200),
    ],
)
def test_pages_probes_and_proxies_ignore_them(app, method, path, expected):
    assert app.test_client().open(path, method=method).status_code == expected


def test_the_device_flow_ignores_them(client):
    """RFC 6749 3.2."""
    answer = client.post("/v1/device/authorize?utm_source=x", data={"client_id": "a test", "scope": "notes:read"})
    assert answer.status_code == 200


def test_every_other_route_under_v1_refuses_them(app):
    """The description says which: all but those for browsers, proxies and OAuth clients have a 422."""
    document = Description(app.test_client().get("/openapi.json").get_json())
    lenient = {path for (_, path), operation in document.operations.items() if "422" not in operation["responses"]}
    assert {path for path in lenient if not re.match("/v1/(device/|auth/callback|forward-auth)", path)} == set()
