"""Keys that a person's agent manages, by session token."""

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
