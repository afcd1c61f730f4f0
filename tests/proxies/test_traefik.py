"""Traefik by the request that its documentation and its source (pkg/middlewares/auth/forward.go) describe: GET to
`address` with the client's `authRequestHeaders`, but no hop-by-hop header, and X-Forwarded-Method, -Proto, -Host, -Uri
and -For of its own. Traefik itself does not run here."""

import json
import re
from urllib.parse import urlsplit

import pytest
import yaml

from app.domain.identity_headers import IDENTITY_HEADERS
from tests.proxies.conftest import settings
from tests.proxies.test_forged_headers import spellings
from tests.proxies.wire import request, send
from tests.servers import ROOT
from tests.snippets.keydesk import Keydesk

SAMPLE = yaml.safe_load((ROOT / "deploy" / "traefik" / "dynamic.yml").read_text())["http"]
#: Traefik's `hopHeaders`.
HOP_BY_HOP = {"Connection", "Keep_Alive", "Te", "Trailers", "Transfer_Encoding", "Upgrade"}
ASKING = SAMPLE["middlewares"]["keydesk"]["forwardAuth"]


@pytest.fixture
def ask(keydesk):
    """The question about a client's request, as Traefik would put it."""
    address = urlsplit(ASKING["address"])

    def ask(method, uri, port=keydesk.port, **headers):
        sent = {name.replace("_", "-").lower(): value for name, value in headers.items() if name not in HOP_BY_HOP}
        kept = [f"{name}: {sent[name.lower()]}" for name in ASKING["authRequestHeaders"] if name.lower() in sent]
        own = {"Method": method, "Proto": "https", "Host": "api.example.com", "Uri": uri, "For": "198.51.100.7"}
        forwarded = [f"X-Forwarded-{name}: {value}" for name, value in own.items()]
        return send(port, request("GET", f"{address.path}?{address.query}", *kept, *forwarded))

    return ask


def test_it_is_allowed_or_refused_by_what_the_client_asks_for(ask, keydesk, keys):
    reply = ask("GET", "/v1/notes?page=2", X_Api_Key=keys.notes)
    assert (reply.status, reply.body) == (200, b"")
    assert [reply.value(name) for name in IDENTITY_HEADERS[:3]] == [keys.notes_id, keydesk.org, "notes:read"]
    assert ask("GET", "/v1/notes").status == 401
    assert ask("POST", "/v1/listen", Authorization=f"Token {keys.agent}").status == 200
    # Traefik says nothing of a handshake, so this is none.
    assert ask("GET", f"/v1/listen?token={keys.agent}", Sec_WebSocket_Key="x", Upgrade="websocket").status == 403
    for method, uri in (
        ("POST", "/v1/notes"),
        ("GET", "/v1/admin"),
        ("GET", "/v1/notes/../admin"),
        ("GET", "/v1//notes"),
    ):
        assert ask(method, uri, X_Api_Key=keys.notes).status == 403
    assert (
        ask("GET", "/v1/notes", X_Original_Method="GET", X_Original_URI="/v1/admin", X_Api_Key=keys.notes).status == 200
    )


def test_it_passes_the_real_status_on(ask, keydesk, keys):
    limited = keydesk.key("notes:read", rate_requests=1, rate_seconds=60)["key"]
    assert [ask("GET", "/v1/notes", X_Api_Key=limited).status for _ in range(2)] == [200, 429]
    keydesk.leave_credits(4)
    reply = ask("GET", "/v1/costly", X_Api_Key=keys.notes)
    assert (reply.status, json.loads(reply.body)["error_code"]) == (402, "CREDITS_EXHAUSTED")


def test_the_address_of_the_client_is_the_one_that_traefik_says(ask, keydesk):
    here, elsewhere = (keydesk.key("notes:read", networks=net)["key"] for net in ("198.51.100.0/24", "203.0.113.0/24"))
    assert ask("GET", "/v1/notes", X_Api_Key=here).status == 200
    assert ask("GET", "/v1/notes", X_Api_Key=elsewhere).status == 403


def test_the_sample_removes_every_spelling_of_an_identity_header():
    removed = re.compile(ASKING["authResponseHeadersRegex"])
    assert all(removed.search(spelling) for name in IDENTITY_HEADERS for spelling in spellings(name))
    assert ASKING["trustForwardHeader"] is False
    forgotten = SAMPLE["middlewares"]["forget"]["headers"]["customRequestHeaders"]
    assert {"Authorization", "X-Api-Key", "X-Install-Id", "Upgrade"} <= {
        name for name, value in forgotten.items() if value == ""
    }


def test_the_sample_asks_no_question_about_what_leads_to_a_key():
    router = SAMPLE["routers"]["discovery"]
    assert set(re.findall(r"Path(?:Prefix)?\(`([^`]+)`\)", router["rule"])) == {
        "/auth.md",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/",
    }
    assert (router["service"], router["middlewares"]) == ("keydesk", ["whole-requests"])
    # Traefik takes the router with the longest rule.
    assert len(router["rule"]) > len(SAMPLE["routers"]["guarded-api"]["rule"])


def test_a_refusal_leads_to_the_metadata_of_the_api(ask, tmp_path, sqlite):
    with Keydesk(sqlite.fresh(tmp_path), tmp_path, API_URLS="https://api.example.com", **settings(tmp_path)) as keydesk:
        reply = ask("GET", "/v1/notes", port=keydesk.port)
    assert 'resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"' in reply.head
