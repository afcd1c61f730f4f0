"""Every answer carries the security headers, an id, and no-store."""

import re

import pytest

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PATHS = ["/", "/sign-in", "/nope", "/v1/nope", "/v1/me", "/healthz", "/readyz", "/v1/auth/callback", "/sessions"]
PATHS += ["/docs", "/openapi.json", "/auth.md", "/llms.txt", "/.well-known/oauth-protected-resource"]


@pytest.fixture(autouse=True)
def every_answer_is_described():
    """Not here: pages are asked for by methods that they do not take."""


@pytest.mark.parametrize("path", [*PATHS, "/static/icon.svg", "/static/nope"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
def test_every_answer_has_them(app, path, method):
    answer = app.test_client().open(path, method=method, buffered=True)
    headers = {name: answer.headers.getlist(name) for name, _ in answer.headers}
    assert headers["Content-Security-Policy"] == [CSP]
    assert headers["X-Content-Type-Options"] == ["nosniff"]
    assert headers["Referrer-Policy"] == ["strict-origin" if path == "/v1/auth/callback" else "same-origin"]
    assert headers["Cross-Origin-Opener-Policy"] == ["same-origin"]
    assert headers["Cross-Origin-Resource-Policy"] == ["same-origin"]
    assert len(headers["Permissions-Policy"]) == 1
    assert len(headers["X-Request-Id"]) == 1
    assert re.fullmatch(r"[0-9a-f]{12}-\d+", headers["X-Request-Id"][0])
    if answer.status_code not in {200, 204} or not path.startswith("/static/"):
        assert headers["Cache-Control"] == ["no-store"]
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(
    "address",
    [
        "/v1/auth/callback?token=abc",
        "/v1/auth/callback?%74oken=abc",
        "/api/v1/auth/callback?token=abc",
        "/device?user_code=ABCD-EFGH",
        "/sign-in?next=%2Fdevice%3Fuser_code%3DABCD-EFGH",
    ],
)
def test_an_address_with_a_secret_in_it_is_no_referrer_and_leaves_the_origin_true(app, address):
    answer = app.test_client().get(address)
    assert answer.headers.getlist("Referrer-Policy") == ["strict-origin"]


def test_over_https_there_is_hsts(tmp_path):
    from app import create_app
    from app.config import load_settings

    settings = load_settings(
        {
            "PUBLIC_URL": "https://keys.example.com",
            "SECRET_KEY": "s" * 32,
            "MAIL_SERVER": "127.0.0.1",
            "DATABASE_URL": f"sqlite:///{tmp_path}/keydesk.db",
        },
        instance_path=tmp_path,
    )
    answer = create_app(settings).test_client().get("/healthz")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
