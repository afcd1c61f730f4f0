"""Checked before any view: foreign hosts, and what no database can look up."""

import pytest

from tests.http.conftest import BODY
from tests.http.problems import assert_problem


@pytest.mark.parametrize(
    "host", ["evil.example/.localhost", "evil.example#.localhost:80", "a@b.localhost", "a b.localhost", "[::1].x", ""]
)
def test_a_host_is_a_name_or_an_address(post, host):
    assert post(HTTP_HOST=host, CONTENT_LENGTH=str(len(BODY)))[0] == 400


@pytest.mark.parametrize("host", ["localhost", "localhost:7860", "x.localhost", "127.0.0.1:1", "[::1]:7860"])
def test_this_machine_has_several_names(post, host):
    assert post(HTTP_HOST=host, CONTENT_LENGTH=str(len(BODY)))[0] == 200


def test_an_unknown_host_is_refused(client):
    assert_problem(client.get("/v1/me", headers={"Host": "evil.example"}), 400, "BAD_REQUEST")
    assert client.get("/healthz", headers={"Host": "10.0.0.7"}).status_code == 200


def test_at_the_host_of_a_guarded_api_only_its_metadata_is_answered(client, set_settings):
    def ask(path, host="api.example.com"):
        return client.get(path, headers={"Host": host})

    metadata = ["/auth.md", "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/v1/notes"]
    for path in metadata:
        refused = ask(path)
        assert refused.status_code == 400
        assert "API_URLS" in refused.text
    set_settings(api_urls=("https://api.example.com",))
    for path in metadata:
        assert ask(path).status_code == 200
        assert ask(path, "other.example.com").status_code == 400
    for path in (
        "/v1/me",
        "/sign-in",
        "/auth.md/",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-protected-resources",
    ):
        assert ask(path).status_code == 400, path


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1234", "app.localhost", "127.0.0.1:7860", "127.8.9.1", "[::1]:7860"]
)
def test_localhost_is_trusted_by_any_of_its_names_and_ports(client, host):
    assert client.get("/readyz", headers={"Host": host}).get_json() == {"status": "ready"}
    assert client.get("/v1/me", headers={"Host": host}).status_code == 401


@pytest.mark.parametrize("query", ["telemetry?key_id=%00", "telemetry?limit=%00", "audit?cursor=%00"])
def test_a_nul_in_the_query_is_nothing_that_exists(alice, client, query):
    headers = {"x-api-key": alice.create_key(scopes=["agent:r"])["key"]}
    assert client.get(f"/v1/{query}", headers=headers).status_code == 404
