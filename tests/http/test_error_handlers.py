"""Every failure under /v1 is problem+json."""

import pytest
from sqlalchemy.exc import OperationalError

from app.domain import errors
from app.http.guards import Public
from app.http.problem_details import STATUSES


@pytest.fixture
def client(app):
    return app.test_client()


def assert_problem(answer, status, error_code):
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json()
    assert list(problem) == ["type", "title", "status", "detail", "error_code", "details"]
    assert (problem["status"], problem["error_code"]) == (status, error_code)
    assert problem["detail"]
    assert isinstance(problem["details"], dict)


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/nope", "/v1//me", "/v1/me/", "/api/v1/nope", "/api/v1", "/v1/\x00"]
)
def test_unknown_paths_are_404_and_never_a_redirect(client, path):
    assert_problem(client.get(path), 404, "NOT_FOUND")


def test_wrong_methods_are_405_with_those_that_work(client):
    answer = client.delete("/v1/me")
    assert_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("body", [b"{", b"", b"nope", b"\xff", b'{"email": }', b"{'email': 1}"])
def test_malformed_json_is_400(client, body):
    answer = client.post("/v1/auth/request", data=body, content_type="application/json")
    assert_problem(answer, 400, "MALFORMED_JSON")


def test_another_content_type_is_415_saying_which(client):
    answer = client.post("/v1/auth/request", data='{"email": "a@example.com"}', content_type="text/plain")
    assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert "application/json" in answer.get_json()["detail"]


def test_a_body_over_64_kib_is_413(client):
    body = b'{"email": "' + b"a" * 65_536 + b'"}'
    assert_problem(client.post("/v1/auth/request", data=body, content_type="application/json"), 413, "BODY_TOO_LARGE")


def test_a_route_that_reads_no_body_refuses_a_large_one_too(alice):
    key_id = alice.create_key()["id"]
    answer = alice.http.post(f"/v1/orgs/{alice.org}/keys/{key_id}/revoke", data=b"x" * 65_537)
    assert_problem(answer, 413, "BODY_TOO_LARGE")


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


def test_an_unknown_host_is_refused(client):
    assert_problem(client.get("/v1/me", headers={"Host": "evil.example"}), 400, "BAD_REQUEST")
    assert client.get("/healthz", headers={"Host": "10.0.0.7"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1234", "app.localhost", "127.0.0.1:7860", "127.8.9.1", "[::1]:7860"]
)
def test_localhost_is_trusted_by_any_of_its_names_and_ports(client, host):
    assert client.get("/readyz", headers={"Host": host}).get_json() == {"status": "ready"}
    assert client.get("/v1/me", headers={"Host": host}).status_code == 401


def test_the_same_answers_stand_under_api_v1(alice, app):
    assert alice.http.get("/api/v1/orgs").get_json() == alice.http.get("/v1/orgs").get_json()
    key = alice.create_key()["key"]
    client = app.test_client()
    assert client.get("/api/v1/me", headers={"x-api-key": key}).status_code == 200
    assert client.get("/api/v1x").status_code == 404


def test_the_limit_on_anonymous_routes_counts_them_together_and_is_a_problem_too(client, monkeypatch):
    monkeypatch.setattr("app.http.anonymous_limit.ANONYMOUS_LIMIT", "3 per minute")
    client.post("/sign-in", data={"email": "a@example.com"})
    client.post("/v1/auth/callback")
    client.post("/v1/auth/request", json={"email": "a@example.com"})
    answer = client.post("/v1/auth/request", json={"email": "a@example.com"})
    assert_problem(answer, 429, "RATE_LIMITED")
    assert answer.headers["Retry-After"] == "60"


def test_every_anonymous_post_has_the_limit(app):
    limited = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and isinstance(app.view_functions[rule.endpoint].guard, Public)
        and hasattr(app.view_functions[rule.endpoint], "__wrapped__")
    }
    assert limited == {
        "api_agent_sign_up.sign_up",
        "api_agent_sign_up.verify",
        "api_device_grants.authorize",
        "api_device_grants.token",
        "api_email_codes.request_code",
        "api_email_codes.verify_code",
        "api_sign_in.request_link",
        "sign_in.send",
        "sign_in.confirm",
    }


def test_every_refusal_has_a_status_of_its_own():
    refusals = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DomainError)
    ]
    assert [kind for kind in refusals if not set(kind.__mro__) & set(STATUSES)] == [errors.DomainError]
