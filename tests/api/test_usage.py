"""Telemetry: counts of real requests."""

import pytest


@pytest.fixture
def client(app):
    return app.test_client()


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
