"""What a key is, said to whoever presents it, and how it is presented."""

import pytest


@pytest.fixture
def client(app):
    return app.test_client()


def test_me_says_what_the_key_is(alice, client):
    created = alice.create_key(name="CI", scopes=["agent:rw"], expires_in_days=30)
    assert client.get("/v1/me", headers={"x-api-key": created["key"]}).get_json()["data"] == {
        "key_id": created["id"],
        "name": "CI",
        "organization": {"id": alice.org, "name": "alice’s organization"},
        "scopes": ["agent:rw"],
        "grants": ["agent:r", "agent:rw", "cache:invalidate"],
        "expires_at": created["expires_at"],
        "limits": {"rate": None, "networks": []},
    }


@pytest.mark.parametrize(
    "style",
    [
        lambda key: {"headers": {"x-api-key": key}},
        lambda key: {"headers": {"Authorization": f"Bearer {key}"}},
        lambda key: {"headers": {"Authorization": f"Token {key}"}},
        lambda key: {"headers": {"Upgrade": "websocket", "Sec-WebSocket-Key": "x"}, "query_string": {"token": key}},
    ],
)
def test_a_key_is_accepted_in_each_style(alice, client, style):
    assert client.get("/v1/me", **style(alice.create_key()["key"])).status_code == 200


def test_a_key_in_the_query_of_an_ordinary_request_is_no_credential(alice, client):
    answer = client.get("/v1/me", query_string={"token": alice.create_key()["key"]})
    assert answer.get_json()["error_code"] == "MISSING_CREDENTIAL"


def test_two_different_credentials_are_ambiguous_and_the_same_twice_is_fine(alice, client):
    one, other = alice.create_key()["key"], alice.create_key()["key"]
    answer = client.get("/v1/me", headers={"x-api-key": one, "Authorization": f"Bearer {other}"})
    assert (answer.status_code, answer.get_json()["error_code"]) == (400, "AMBIGUOUS_CREDENTIALS")
    assert client.get("/v1/me", headers={"x-api-key": one, "Authorization": f"Token {one}"}).status_code == 200


def test_an_empty_install_id_counts_as_an_absent_one(alice):
    """Proxies pass on empty what the client did not send."""
    headers = {"x-api-key": alice.create_key()["key"], "x-install-id": ""}
    answer = alice.app.test_client().get("/v1/me", headers=headers)
    assert answer.status_code == 200
    assert "Deprecation" not in answer.headers
    assert alice.app.test_client().get("/v1/me", headers={"x-install-id": ""}).get_json()["error_code"] == (
        "MISSING_CREDENTIAL"
    )


def test_an_expired_key_is_401(alice, client, clock):
    key = alice.create_key(expires_in_days=1)["key"]
    clock.advance(days=1)
    answer = client.get("/v1/me", headers={"x-api-key": key})
    assert (answer.status_code, answer.get_json()["error_code"]) == (401, "KEY_EXPIRED")
