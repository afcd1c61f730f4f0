"""Every failure under /v1 is problem+json."""

import pytest
from sqlalchemy.exc import OperationalError

from tests.http.problems import assert_problem


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/nope", "/v1//me", "/v1/me/", "/api/v1/nope", "/api/v1", "/v1/\x00"]
)
def test_unknown_paths_are_404_and_never_a_redirect(client, path):
    assert_problem(client.get(path), 404, "NOT_FOUND")


def test_wrong_methods_are_405_with_those_that_work(client):
    answer = client.delete("/v1/me")
    assert_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", ["/v1/me", "/v1/keys/create", "/healthz", "/sign-in", "/openapi.json"])
def test_options_says_what_is_allowed_and_nothing_else(client, path):
    answer = client.options(path)
    assert (answer.status_code, answer.data, answer.content_type) == (204, b"", None)
    assert "OPTIONS" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ("/device/", "/device"),
        ("/sign-in/?next=%2Fdevice", "/sign-in?next=%2Fdevice"),
        ("/docs/", "/docs"),
        ("/sessions/", "/sessions"),
        ("/install-ids/", "/install-ids"),
        ("/orgs/%C3%A4%0A/keys/", "/orgs/%C3%A4%0A/keys"),
    ],
)
def test_a_page_with_a_slash_too_many_redirects(client, asked, page):
    for answer in (client.get(asked), client.head(asked)):
        assert (answer.status_code, answer.headers["Location"]) == (308, page)


@pytest.mark.parametrize("path", ["/nope/", "//evil.example/", "/device//", "/healthz//", "/openapi.json/nope/"])
def test_no_other_slash_does(client, path):
    answer = client.get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_a_form_is_not_sent_on(client):
    assert client.post("/device/").status_code == 404


def test_a_crash_is_500_with_the_request_id_and_nothing_of_the_inside(app, client, monkeypatch, caplog):
    def crashes(*_args, **_values):
        raise RuntimeError("the inside: whk_secret")

    monkeypatch.setattr("app.services.sign_in.request_link", crashes)
    answer = client.post("/v1/auth/request", json={"email": "a@example.com"})
    assert_problem(answer, 500, "INTERNAL_ERROR")
    assert "inside" not in answer.text
    assert answer.get_json()["details"]["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["X-Request-Id"] in caplog.text


def test_a_database_that_is_down_is_503_with_retry_after(client, monkeypatch):
    def down(*_args, **_values):
        raise OperationalError("SELECT 1", None, Exception("refused"))

    monkeypatch.setattr("app.services.sign_in.request_link", down)
    answer = client.post("/v1/auth/request", json={"email": "a@example.com"})
    assert_problem(answer, 503, "DATABASE_UNAVAILABLE")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-authorization-server",
        "/.well-known/nope",
        "/auth.md",
        "/llms.txt",
        "/openapi.json",
    ],
)
def test_errors_of_addresses_for_programs_are_problems(app, path):
    answer = app.test_client().post(path)
    assert answer.status_code == (404 if path.endswith("nope") else 405)
    assert answer.content_type == "application/problem+json"


def test_a_credential_that_is_not_read_is_explained_on_every_kind_of_route(client, alice):
    key = alice.create_key()["key"]
    for path in ("/v1/me", "/v1/orgs", "/v1/keys/list"):
        answer = client.get(path, headers={"Authorization": key})
        assert_problem(answer, 401, "MISSING_CREDENTIAL")
        assert "has no scheme before the key" in answer.get_json()["detail"]
        assert key not in answer.text
    answer = client.get("/v1/me", headers={"x-api-key": f'"{key}"'})
    assert_problem(answer, 401, "INVALID_KEY")
    assert "in quotation marks" in answer.get_json()["detail"]
