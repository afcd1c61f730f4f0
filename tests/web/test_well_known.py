"""What stands under /.well-known is valid by its RFCs and true of this server."""

import re
from urllib.parse import urlsplit

import pytest

from app import create_app
from app.config import load_settings
from tests.databases import SECRET

RESOURCE = "/.well-known/oauth-protected-resource"
SERVER = "/.well-known/oauth-authorization-server"
PUBLIC_URL = "https://keys.example.com"
APIS = ["https://api.example.com", "https://b.example:8443"]


@pytest.fixture
def production(tmp_path):
    """A client of a server that is no dev server: RFC 8414 and 9728 want https."""
    environ = {"PUBLIC_URL": PUBLIC_URL, "SECRET_KEY": SECRET, "MAIL_SERVER": "127.0.0.1"}
    app = create_app(load_settings(environ, instance_path=tmp_path))
    client = app.test_client()
    return lambda path: client.get(path, base_url=PUBLIC_URL)


@pytest.fixture
def with_apis(tmp_path):
    """A client of the same server with two guarded APIs, asked by its own name or by that of one of them."""
    environ = {"PUBLIC_URL": PUBLIC_URL, "SECRET_KEY": SECRET, "MAIL_SERVER": "127.0.0.1", "API_URLS": ",".join(APIS)}
    client = create_app(load_settings(environ, instance_path=tmp_path)).test_client()
    return lambda path, at=PUBLIC_URL: client.get(path, base_url=at).get_json()


def is_https_without_query_and_fragment(url):
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.netloc) and not parts.query and not parts.fragment


def are_words(values):
    return (
        bool(values) and all(isinstance(value, str) and value for value in values) and len(set(values)) == len(values)
    )


def test_the_protected_resource_field_by_field(production):
    """RFC 9728 2 and 3.2."""
    answer = production(RESOURCE)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    fields = answer.get_json()
    assert set(fields) == {
        "resource",
        "resource_name",
        "authorization_servers",
        "scopes_supported",
        "bearer_methods_supported",
        "resource_documentation",
    }
    # 3.3: the address of the metadata is that of the resource with the well-known part put in between.
    assert is_https_without_query_and_fragment(fields["resource"])
    assert f"{fields['resource']}{RESOURCE}" == PUBLIC_URL + RESOURCE
    # RFC 8414 issuers; each leads to its own metadata.
    assert fields["authorization_servers"] == [production(SERVER).get_json()["issuer"]]
    assert are_words(fields["scopes_supported"])
    # RFC 6750: in the header; not in a body, nor (a handshake of a browser aside) in the query.
    assert fields["bearer_methods_supported"] == ["header"]
    assert fields["resource_name"]
    assert fields["resource_documentation"] == f"{PUBLIC_URL}/auth.md"
    assert production("/auth.md").status_code == 200


def test_the_authorization_server_field_by_field(production):
    """RFC 8414 2, RFC 8628 4, RFC 9728 4."""
    answer = production(SERVER)
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    fields = answer.get_json()
    assert set(fields) == {
        "issuer",
        "device_authorization_endpoint",
        "token_endpoint",
        "token_endpoint_auth_methods_supported",
        "grant_types_supported",
        "response_types_supported",
        "scopes_supported",
        "service_documentation",
        "protected_resources",
    }
    # 3.3: identical to what the address of the metadata was made of.
    assert is_https_without_query_and_fragment(fields["issuer"])
    assert f"{fields['issuer']}{SERVER}" == PUBLIC_URL + SERVER
    assert is_https_without_query_and_fragment(fields["device_authorization_endpoint"])
    assert is_https_without_query_and_fragment(fields["token_endpoint"])
    # Left out, it would mean authorization_code and implicit; with this one no authorization endpoint is needed.
    assert fields["grant_types_supported"] == ["urn:ietf:params:oauth:grant-type:device_code"]
    # Required, and not empty: the registered type that asks for nothing, as there is no authorization endpoint.
    assert fields["response_types_supported"] == ["none"]
    # Left out, it would mean client_secret_basic; clients have no secret.
    assert fields["token_endpoint_auth_methods_supported"] == ["none"]
    assert fields["scopes_supported"] == production(RESOURCE).get_json()["scopes_supported"]
    assert fields["protected_resources"] == [production(RESOURCE).get_json()["resource"]]
    assert fields["service_documentation"] == f"{PUBLIC_URL}/auth.md"


@pytest.mark.parametrize("origin", [PUBLIC_URL, *APIS])
def test_the_resource_is_what_the_address_of_the_metadata_was_made_of(with_apis, origin):
    """RFC 9728 3.1 and 3.3."""
    for path, below in (
        ("", ""),
        ("/v1/notes", "/v1/notes"),
        ("/v1/notes/", "/v1/notes/"),
        ("/a%20b/%C3%A9?x=1", "/a%20b/%C3%A9"),
        ("/a:b@c;d=e,f~g", "/a:b@c;d=e,f~g"),
        ("/%22%3E", "/%22%3E"),
    ):
        fields = with_apis(RESOURCE + path, origin)
        assert fields["resource"] == origin + below
        assert fields["authorization_servers"] == [PUBLIC_URL]
        assert fields["resource_documentation"] == f"{PUBLIC_URL}/auth.md"
        assert fields["resource_name"] == {PUBLIC_URL: "Keydesk"}.get(origin, origin.removeprefix("https://"))


def test_the_authorization_server_names_every_resource_whose_keys_it_issues(with_apis):
    """RFC 9728 4."""
    assert with_apis(SERVER)["protected_resources"] == [PUBLIC_URL, *APIS]


@pytest.mark.parametrize("path", [RESOURCE, SERVER])
def test_metadata_has_no_field_without_a_value(production, path):
    """RFC 8414 3.2, RFC 9728 3.2: what has no elements is left out."""
    assert all(production(path).get_json().values())


def test_the_endpoints_are_those_that_hold_the_ceremony(app):
    client = app.test_client()
    fields = client.get(SERVER).get_json()
    begun = client.post(
        urlsplit(fields["device_authorization_endpoint"]).path,
        data={"client_id": "a test", "scope": " ".join(fields["scopes_supported"])},
    )
    assert begun.status_code == 200
    poll = {"grant_type": fields["grant_types_supported"][0], "device_code": begun.get_json()["device_code"]}
    answer = client.post(urlsplit(fields["token_endpoint"]).path, data=poll)
    assert (answer.status_code, answer.get_json()) == (400, {"error": "authorization_pending"})


def test_every_401_leads_to_the_metadata_from_which_the_rest_is_found(app, cast):
    """RFC 9728 5.1: from a refusal to the resource, from there to the server, from there to the endpoints."""
    client = app.test_client()
    refusals = [
        client.get("/v1/me"),
        client.get("/api/v1/me"),
        client.get("/v1/me", headers={"x-api-key": "whk_nonsense"}),
        client.get("/v1/me", headers={"x-install-id": "nonsense"}),
        client.get("/v1/orgs"),
        client.get("/v1/orgs", headers={"cookie": "whs_session=nonsense"}),
        client.get(f"/v1/orgs/{cast.alice.org}/keys"),
        client.get("/v1/keys/list"),
        client.post("/v1/keys/create", headers={"Authorization": "Bearer owt_nonsense"}),
        client.get("/v1/telemetry"),
        client.get("/v1/telemetry", headers={"Upgrade": "websocket"}),
    ]
    for refused in refusals:
        assert refused.status_code == 401
        (challenge,) = refused.headers.getlist("WWW-Authenticate")
        # RFC 9110 11.6.1: a scheme and its parameters, each once, quoted.
        parameters = dict(re.findall(r'([a-z_]+)="([^"]*)"', challenge))
        assert challenge == "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parameters.items())
        metadata = client.get(urlsplit(parameters["resource_metadata"]).path)
        assert metadata.get_json()["resource"] == "http://localhost:7860"
