"""Programs in browsers read the metadata and use the device flow from any origin; everything else stays ours."""

import pytest

ORIGIN = {"Origin": "https://agent.example", "Sec-Fetch-Site": "cross-site"}
METADATA = [
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/v1/notes",
    "/.well-known/oauth-authorization-server",
    "/.well-known/nope",
    "/openapi.json",
    "/auth.md",
    "/llms.txt",
]
DEVICE = ["/v1/device/authorize", "/v1/device/token", "/api/v1/device/token"]
OURS = ["/", "/sign-in", "/v1/me", "/v1/orgs", "/v1/auth/request", "/v1/keys/verify", "/device", "/healthz", "/nope"]


def cors(answer):
    return {name: value for name, value in answer.headers if name.startswith("Access-Control-")}


@pytest.mark.parametrize("path", METADATA)
def test_metadata_can_be_read_from_any_origin(client, path):
    answer = client.get(path, headers=ORIGIN)
    assert answer.status_code == (404 if path.endswith("nope") else 200)
    assert cors(answer) == {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*"}


def test_the_device_flow_works_from_any_origin_and_its_errors_can_be_read(client):
    started = client.post("/v1/device/authorize", data={"client_id": "agent"}, headers=ORIGIN)
    grant = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": started.get_json()["device_code"],
    }
    polled = client.post("/v1/device/token", data=grant, headers=ORIGIN)
    wrong = client.post("/v1/device/authorize", headers=ORIGIN)
    assert polled.get_json() == {"error": "authorization_pending"}
    assert (wrong.status_code, wrong.get_json()["error"]) == (400, "invalid_request")
    for answer in (started, polled, wrong, client.get("/v1/device/token", headers=ORIGIN)):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", [*METADATA[:3], *DEVICE])
def test_preflights_are_answered(client, path):
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "mcp-protocol-version"}
    answer = client.options(path, headers={**ORIGIN, **asks})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST"


@pytest.mark.parametrize("path", [*METADATA, *DEVICE])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_nowhere_are_credentials_admitted(alice, path, method):
    answer = alice.http.open(path, method=method, headers=ORIGIN)
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", OURS)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_nothing_else_can_be_read_from_elsewhere(client, path, method):
    assert cors(client.open(path, method=method, headers=ORIGIN)) == {}
