"""What keys open: me, telemetry, audit, vpat, cache invalidation."""

import pytest

from app.domain import paging

ROUTES = [
    ("GET", "/v1/telemetry", "agent:r"),
    ("GET", "/v1/audit", "agent:r"),
    ("GET", "/v1/vpat", "agent:r"),
    ("POST", "/v1/cache/invalidate", "cache:invalidate"),
]
GRANTS = {
    "agent:rw": {"agent:r", "cache:invalidate"},
    "agent:r": {"agent:r"},
    "cache:invalidate": {"cache:invalidate"},
    "notes:read": set(),
    "notes:write": set(),
    "keys:verify": set(),
}


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.mark.parametrize("scope", GRANTS)
def test_each_scope_opens_its_routes_and_no_others(alice, client, scope):
    key = alice.create_key(scopes=[scope])["key"]
    for method, path, needed in ROUTES:
        answer = client.open(path, method=method, headers={"x-api-key": key})
        if needed in GRANTS[scope]:
            assert answer.status_code == 200, path
        else:
            assert answer.status_code == 403, path
            assert answer.get_json()["error_code"] == "INSUFFICIENT_SCOPE"
            assert answer.get_json()["details"] == {"required": needed, "granted": [scope]}


@pytest.mark.parametrize(
    "style",
    [
        lambda key: {"headers": {"x-api-key": key}},
        lambda key: {"headers": {"Authorization": f"Bearer {key}"}},
        lambda key: {"headers": {"Authorization": f"Token {key}"}},
        lambda key: {"headers": {"Upgrade": "websocket"}, "query_string": {"token": key}},
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


def test_a_session_opens_none_of_them(alice):
    for method, path, _ in [*ROUTES, ("GET", "/v1/me", "")]:
        answer = alice.http.open(path, method=method)
        assert answer.status_code == 401, path
        assert answer.get_json()["error_code"] == "MISSING_CREDENTIAL"


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


def test_telemetry_counts_real_requests_of_this_key_and_of_the_organization(app, alice, client):
    reader, bot = alice.create_key(scopes=["agent:r"]), alice.create_key(scopes=["cache:invalidate"])
    for _ in range(3):
        client.post("/v1/cache/invalidate", headers={"x-api-key": bot["key"]})
    client.get("/v1/audit", headers={"x-api-key": bot["key"]})
    client.get("/v1/me", headers={"x-api-key": reader["key"]})
    with app.app_context():
        app.extensions["runtime"].usage.flush()
    headers = {"x-api-key": reader["key"]}
    everything = client.get("/v1/telemetry", headers=headers).get_json()
    hour = "2026-04-16T12:00:00Z"
    assert sorted(everything["data"], key=lambda row: (row["requests"], row["key_id"])) == sorted(
        [
            {"hour": hour, "key_id": bot["id"], "outcome": "VALID", "requests": 3},
            {"hour": hour, "key_id": bot["id"], "outcome": "INSUFFICIENT_SCOPE", "requests": 1},
            {"hour": hour, "key_id": reader["id"], "outcome": "VALID", "requests": 1},
        ],
        key=lambda row: (row["requests"], row["key_id"]),
    )
    own = client.get("/v1/telemetry?key_id=me", headers=headers).get_json()["data"]
    assert [row["key_id"] for row in own] == [reader["id"]]


@pytest.mark.parametrize("query", ["telemetry?key_id=%00", "telemetry?limit=%00", "audit?cursor=%00"])
def test_a_nul_in_the_query_is_nothing_that_exists(alice, client, query):
    headers = {"x-api-key": alice.create_key(scopes=["agent:r"])["key"]}
    assert client.get(f"/v1/{query}", headers=headers).status_code == 404


def test_a_cursor_beyond_every_entry_is_no_crash(alice, client):
    headers = {"x-api-key": alice.create_key(scopes=["agent:r"])["key"]}
    answer = client.get("/v1/audit", query_string={"cursor": paging.encode((2**40,))}, headers=headers)
    assert answer.status_code == 200


def test_audit_is_newest_first_in_pages_of_the_asked_size(alice, client):
    key = alice.create_key(name="CI", scopes=["agent:r"])
    headers = {"x-api-key": key["key"]}
    page = client.get("/v1/audit?limit=2", headers=headers).get_json()
    assert [list(item) for item in page["data"]] == [["id", "at", "action", "actor", "target", "details"]] * 2
    assert [item["action"] for item in page["data"]] == ["key.created", "session.created"]
    assert page["data"][0]["target"] == key["id"]
    rest = client.get(f"/v1/audit?cursor={page['next_cursor']}", headers=headers).get_json()
    assert [item["action"] for item in rest["data"]] == ["organization.created"]


def test_a_key_sees_its_own_organization_only(cast, client):
    charlie = cast.charlie
    charlie.org = charlie.own_organization()
    cast.alice.create_key()
    headers = {"x-api-key": charlie.create_key(scopes=["agent:r"])["key"]}
    actors = {item["actor"] for item in client.get("/v1/audit", headers=headers).get_json()["data"]}
    assert actors == {"charlie@example.com"}


@pytest.mark.parametrize("body", [{}, {"json": {}}, {"data": b"  "}])
def test_invalidate_takes_an_empty_body_or_an_empty_object(alice, client, body):
    headers = {"x-api-key": alice.create_key(scopes=["cache:invalidate"])["key"]}
    answers = [client.post("/v1/cache/invalidate", headers=headers, **body) for _ in range(2)]
    assert [answer.get_json() for answer in answers] == [{"data": {"generation": 1}}, {"data": {"generation": 2}}]


@pytest.mark.parametrize("blank", [b" ", b"\x0c", b"\n"])
def test_blanks_that_are_said_to_be_json_are_not(alice, client, blank):
    headers = {"x-api-key": alice.create_key(scopes=["cache:invalidate"])["key"], "Content-Type": "application/json"}
    answer = client.post("/v1/cache/invalidate", headers=headers, data=blank)
    assert (answer.status_code, answer.get_json()["error_code"]) == (400, "MALFORMED_JSON")
    assert client.post("/v1/cache/invalidate", headers=headers).status_code == 200


def test_invalidate_refuses_fields(alice, client):
    headers = {"x-api-key": alice.create_key(scopes=["cache:invalidate"])["key"]}
    assert client.post("/v1/cache/invalidate", headers=headers, json={"path": "/"}).status_code == 422


def test_an_expired_key_is_401(alice, client, clock):
    key = alice.create_key(expires_in_days=1)["key"]
    clock.advance(days=1)
    answer = client.get("/v1/me", headers={"x-api-key": key})
    assert (answer.status_code, answer.get_json()["error_code"]) == (401, "KEY_EXPIRED")


def test_an_empty_install_id_counts_as_an_absent_one(alice):
    """Proxies pass on empty what the client did not send."""
    headers = {"x-api-key": alice.create_key()["key"], "x-install-id": ""}
    answer = alice.app.test_client().get("/v1/me", headers=headers)
    assert answer.status_code == 200
    assert "Deprecation" not in answer.headers
    assert alice.app.test_client().get("/v1/me", headers={"x-install-id": ""}).get_json()["error_code"] == (
        "MISSING_CREDENTIAL"
    )
