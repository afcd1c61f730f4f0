"""Seed page 000: an agent makes a key over HTTP alone; a person only pastes a code."""

import re

from tests.journeys.test_keys_of_an_organization import sign_in


def test_the_pages_commands_from_code_to_key_to_revoke(curl, server):
    sign_in(server.url, "you@example.com")
    status, asked = curl("""curl -X POST %URL%/api/v1/auth/email-code \\
  -H "Content-Type: application/json" \\
  -d '{"email": "you@example.com"}'""")
    assert status == 200
    assert list(asked["data"]) == ["message", "expires_at", "devCode"]
    assert re.fullmatch(r"\d{6}", asked["data"]["devCode"])

    status, verified = curl(
        """curl -X POST %URL%/api/v1/auth/email-code/verify \\
  -H "Content-Type: application/json" \\
  -d '{"email": "you@example.com", "code": "'$CODE'"}'""",
        CODE=asked["data"]["devCode"],
    )
    assert status == 200
    assert list(verified["data"]) == ["token", "expires_at"]
    token = verified["data"]["token"]
    assert re.fullmatch(r"owt_[0-9A-Za-z]{32}", token)

    status, created = curl(
        """curl -X POST %URL%/api/v1/keys/create \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"name": "Claude Code - MacBook Pro", "scopes": ["notes:read", "notes:write"]}'""",
        TOKEN=token,
    )
    assert status == 201
    key = created["data"]
    assert list(key) == ["key", "id", "name", "scopes", "expires_at", "created_at"]
    assert re.fullmatch(r"owk_live_[0-9A-Za-z]{32}", key["key"])
    assert (key["name"], key["scopes"], key["expires_at"]) == (
        "Claude Code - MacBook Pro",
        ["notes:read", "notes:write"],
        None,
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", key["created_at"])

    status, me = curl('curl %URL%/v1/me -H "Authorization: Bearer $KEY"', KEY=key["key"])
    assert (status, me["data"]["key_id"]) == (200, key["id"])
    status, listed = curl('curl %URL%/v1/keys/list -H "Authorization: Bearer $TOKEN"', TOKEN=token)
    assert (status, [item["id"] for item in listed["data"]]) == (200, [key["id"]])
    status, revoked = curl(
        'curl -X POST %URL%/v1/keys/$ID/revoke -H "Authorization: Bearer $TOKEN"', TOKEN=token, ID=key["id"]
    )
    assert (status, revoked["data"]["status"]) == (200, "revoked")
    assert curl('curl %URL%/v1/me -H "Authorization: Bearer $KEY"', KEY=key["key"])[0] == 401
    status, listed = curl('curl %URL%/v1/keys/list -H "Authorization: Bearer $TOKEN"', TOKEN=token)
    assert (status, listed) == (200, {"data": [], "next_cursor": None})

    for other in ("orgs", "me", "telemetry", "credits/balance"):
        assert curl('curl %URL%/v1/$OTHER -H "Authorization: Bearer $TOKEN"', TOKEN=token, OTHER=other)[0] == 401


def test_an_unknown_address_gets_the_same_answer_and_no_code(curl):
    line = """curl -X POST %URL%/api/v1/auth/email-code -H "Content-Type: application/json" \\
  -d '{"email": "nobody@example.com"}'"""
    status, asked = curl(line)
    assert (status, list(asked["data"])) == (200, ["message", "expires_at"])
    status, refused = curl(line)
    assert (status, refused["error_code"]) == (429, "RATE_LIMITED")
    assert 1 <= refused["details"]["retry_after_seconds"] <= 60
