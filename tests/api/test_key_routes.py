"""What keys open: me, telemetry, audit, vpat, cache invalidation. What members read by session is in
test_reads_by_session.py."""

import pytest

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


def test_a_session_opens_none_that_is_about_a_key_or_changes_something(alice):
    for method, path in (("POST", "/v1/cache/invalidate"), ("GET", "/v1/me")):
        answer = alice.http.open(path, method=method)
        assert answer.status_code == 401, path
        assert answer.get_json()["error_code"] == "MISSING_CREDENTIAL"


@pytest.mark.parametrize("header", ["x-api-key: {}\u200b", "x-api-key: {}\u00a0", "Authorization: Bearer \ufeff{}"])
@pytest.mark.parametrize("path", ["/v1/me", "/v1/forward-auth/v1/notes"])
def test_an_invisible_character_around_a_key_is_told_where_a_server_reads_it(alice, header, path):
    """Granian does not (`tests/system/test_raw_bytes.py`)."""
    name, value = header.format(alice.create_key(scopes=["notes:read"])["key"]).split(": ")
    answer = alice.app.test_client().get(path, headers={name: value.encode().decode("latin-1")})
    assert (answer.status_code, answer.get_json()["error_code"]) == (401, "INVALID_KEY")
    assert f"The key in {name} has an invisible character, or one that is not ASCII" in answer.get_json()["detail"]
