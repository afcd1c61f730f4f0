"""OAuth clients find out at the guarded API how to get a key for it (RFC 9728)."""

import asyncio
import json
import subprocess
from pathlib import Path

import httpx2
import pytest
from mcp.client.auth import OAuthClientProvider, OAuthRegistrationError
from mcp.shared.auth import OAuthClientMetadata

from tests import npm_packages
from tests.proxies.conftest import settings
from tests.proxies.running import SAMPLES, running
from tests.proxies.test_clients import node
from tests.proxies.wire import request, send
from tests.servers import free_port
from tests.snippets.keydesk import Keydesk

OAUTH4WEBAPI = Path(__file__).parent / "oauth4webapi"
METADATA = "/.well-known/oauth-protected-resource"
NAMED = "https://api.example.com"


@pytest.fixture(scope="module", params=SAMPLES)
def scene(request, sqlite, upstream, tmp_path_factory):
    """A proxy, and a Keydesk that knows it as the address of an API."""
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    urls = f"http://127.0.0.1:{port},{NAMED}"
    with (
        Keydesk(sqlite.fresh(folder), folder, API_URLS=urls, **settings(folder)) as keydesk,
        running(request.param, folder / "proxy", keydesk=keydesk.port, upstream=upstream.port, port=port) as proxy,
    ):
        yield proxy, f"http://localhost:{keydesk.port}"


class NothingStored:
    async def get_tokens(self):
        return None

    async def get_client_info(self):
        return None


def test_the_python_sdk_of_mcp_accepts_the_resource_and_finds_who_issues_keys(scene):
    """It gets no further: it knows no device flow, and takes no authorization server for one that has no authorization
    endpoint, although RFC 8414 allows that. So it tries to register at the API, and is refused."""
    proxy, issuer = scene
    client = OAuthClientMetadata(redirect_uris=["http://localhost:1/"])
    provider = OAuthClientProvider(f"{proxy.url}/v1/notes", client, NothingStored())

    async def ask():
        async with httpx2.AsyncClient(auth=provider, trust_env=False) as http:
            await http.get(f"{proxy.url}/v1/notes")

    with pytest.raises(OAuthRegistrationError, match="Registration failed: 40"):
        asyncio.run(ask())
    found = provider.context
    assert str(found.protected_resource_metadata.resource) == found.get_resource_url() == proxy.url
    assert found.auth_server_url == issuer
    assert found.oauth_metadata is None


def test_oauth4webapi_gets_from_a_refusal_to_a_device_code(scene):
    proxy, issuer = scene
    npm_packages.install(OAUTH4WEBAPI)
    command = [node(), str(OAUTH4WEBAPI / "discover.mjs"), f"{proxy.url}/v1/notes"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["named"] == f"{proxy.url}{METADATA}"
    assert found["resources"] == [proxy.url, proxy.url, f"{proxy.url}/v1/notes"]
    assert found["issuer"] == issuer
    assert found["verification_uri"] == f"{issuer}/device"


def test_an_api_is_known_by_its_name(scene, upstream):
    proxy, issuer = scene
    before = len(upstream.hits)
    for host, origin in (("api.example.com", NAMED), ("API.example.com:443", NAMED), ("other.example.com", issuer)):
        refused = send(proxy.port, request("GET", "/v1/notes", "X-Forwarded-Host: api.example.com", host=host))
        assert refused.status == 401
        assert f'resource_metadata="{origin}{METADATA}"' in refused.value("www-authenticate")
    for below in ("", "/v1/notes", "/v1/not%20listed"):
        found = send(proxy.port, request("GET", f"{METADATA}{below}"))
        assert (found.status, json.loads(found.body)["resource"]) == (200, f"{NAMED}{below}")
        # What is no API of Keydesk's has no metadata, whatever the client says.
        assert send(proxy.port, request("GET", f"{METADATA}{below}", host="other.example.com")).status == 400
    # Programs in a browser may read it, too.
    asks = ("Origin: https://app.example", "Access-Control-Request-Method: GET")
    preflight = send(proxy.port, request("OPTIONS", METADATA, *asks))
    assert (preflight.status, preflight.value("access-control-allow-origin")) == (204, "*")
    page = send(proxy.port, request("GET", "/auth.md"))
    assert page.value("content-type") == "text/markdown; charset=utf-8"
    assert f"The key opens {proxy.url} and {NAMED}." in page.body.decode()
    assert "| GET | `/v1/notes` | `notes:read` | 0 |" in page.body.decode()
    assert upstream.since(before) == []


def test_nothing_but_the_metadata_gets_past_the_question(scene, upstream):
    proxy, _ = scene
    before = len(upstream.hits)
    for target in (
        "/auth.md/",
        "/auth.md/x",
        "/auth_md",
        "/xauth.md",
        "/.well-known/",
        "/.well-known/oauth-protected-resources",
        "/.well-known/oauth-authorization-server",
        f"{METADATA}/../../v1/notes",
        f"{METADATA}/..%2f..%2fv1/notes",
        f"{METADATA}%2f..%2f..%2fv1/notes",
        f"/v1/notes/..{METADATA}",
        "/v1/notes/../../auth.md",
        "/sign-in",
        "/v1/me",
    ):
        reply = send(proxy.port, request("GET", target))
        # Refused, or Keydesk's own answer to a path that leads to the metadata.
        assert reply.status in {400, 401, 403, 404} or json.loads(reply.body)["resource"], target
    assert upstream.since(before) == []
