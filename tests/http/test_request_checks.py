"""Checked before any view: bodies however servers deliver them, foreign hosts, and what no database can look up."""

import json
from io import BytesIO

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.http.problems import assert_problem

BODY = json.dumps({"email": "alice@example.com"}).encode()


@pytest.fixture
def post(app):
    def post(body=BODY, **environ):
        built = EnvironBuilder("/v1/auth/request", method="POST", content_type="application/json").get_environ()
        built.pop("CONTENT_LENGTH", None)
        built |= {"wsgi.input": BytesIO(body), "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"} | environ
        answer, status, _ = run_wsgi_app(app.wsgi_app, built, buffered=True)
        return int(status.split()[0]), json.loads(b"".join(answer))

    return post


@pytest.mark.parametrize("length", ["+5", "-1", " 5", "5 ", "²", "٣", "0x10", "1e3", "0" * 5000 + "5", "9" * 30, "a"])
def test_a_length_that_is_none_is_a_bad_request(post, length):
    status, problem = post(CONTENT_LENGTH=length)
    assert (status, problem["detail"]) == (400, "The Content-Length header is not a number of bytes.")


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_LENGTH": str(len(BODY))},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"wsgi.input_terminated": True},
        {"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    ],
)
def test_a_body_is_read_however_its_end_is_told(post, environ):
    assert post(**environ)[0] == 200


def test_without_length_or_end_there_is_no_body(post):
    assert post()[1]["error_code"] == "MALFORMED_JSON"


@pytest.mark.parametrize("environ", [{"HTTP_TRANSFER_ENCODING": "chunked"}, {"wsgi.input_terminated": True}])
def test_what_is_too_large_is_refused_without_a_length_too(post, environ):
    assert post(b" " * (64 * 1024) + BODY, **environ)[0] == 413
    assert post(b" " * (64 * 1024 - len(BODY)) + BODY, **environ)[0] == 200


def test_what_is_too_large_is_refused_of_reading_too(post):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/v1/me", "HTTP_TRANSFER_ENCODING": "chunked"}
    assert post(b" " * (64 * 1024 + 1), **environ)[0] == 413


@pytest.mark.parametrize(
    "host", ["evil.example/.localhost", "evil.example#.localhost:80", "a@b.localhost", "a b.localhost", "[::1].x", ""]
)
def test_a_host_is_a_name_or_an_address(post, host):
    assert post(HTTP_HOST=host, CONTENT_LENGTH=str(len(BODY)))[0] == 400


@pytest.mark.parametrize("host", ["localhost", "localhost:7860", "x.localhost", "127.0.0.1:1", "[::1]:7860"])
def test_this_machine_has_several_names(post, host):
    assert post(HTTP_HOST=host, CONTENT_LENGTH=str(len(BODY)))[0] == 200


def test_a_body_over_64_kib_is_413(client):
    body = b'{"email": "' + b"a" * 65_536 + b'"}'
    assert_problem(client.post("/v1/auth/request", data=body, content_type="application/json"), 413, "BODY_TOO_LARGE")


def test_a_route_that_reads_no_body_refuses_a_large_one_too(alice):
    key_id = alice.create_key()["id"]
    answer = alice.http.post(f"/v1/orgs/{alice.org}/keys/{key_id}/revoke", data=b"x" * 65_537)
    assert_problem(answer, 413, "BODY_TOO_LARGE")


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
