"""Door A for programs."""

import pytest

from app.domain.rfc3339 import rfc3339


def ask(client, email="alice@example.com", **more):
    return client.post("/v1/auth/request", json={"email": email}, **more)


@pytest.fixture
def client(app):
    return app.test_client()


def test_the_answer_is_flat_with_message_expiry_and_in_dev_mode_the_link(client, clock, caplog):
    caplog.set_level("INFO")
    answer = ask(client)
    body = answer.get_json()
    assert answer.status_code == 200
    assert list(body) == ["message", "expires_at", "devLink"]
    assert body["devLink"].startswith("http://localhost:7860/v1/auth/callback?token=")
    clock.advance(seconds=900)
    assert body["expires_at"] == rfc3339(clock.now)
    assert caplog.messages == [f"devLink: {body['devLink']}"]


def test_the_answer_is_the_same_for_an_address_that_sign_up_refuses(client, set_settings, caplog):
    set_settings(sign_up="invited")
    assert list(ask(client, "nobody@example.com").get_json()) == ["message", "expires_at"]
    assert caplog.text == ""


def test_over_the_limit_the_answer_says_when_to_come_back(client, set_settings):
    set_settings(mail_server="127.0.0.1")
    for _ in range(5):
        assert ask(client).status_code == 200
    answer = ask(client)
    assert answer.status_code == 429
    assert answer.get_json()["error_code"] == "RATE_LIMITED"
    assert answer.get_json()["details"] == {"retry_after_seconds": 3600}
    assert answer.headers["Retry-After"] == "3600"
    assert answer.headers["RateLimit-Policy"] == '"link";q=5;w=3600'
    assert answer.headers["RateLimit"] == '"link";r=0;t=3600'


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": 17}, "email"),
        ({"email": None}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@example.com", "next": "/"}, "next"),
        ({"email": ["a@example.com"]}, "email"),
    ],
)
def test_a_body_that_cannot_be_meant_names_the_field(client, body, field):
    answer = client.post("/v1/auth/request", json=body)
    assert answer.status_code == 422
    assert answer.get_json()["error_code"] == "VALIDATION_FAILED"
    assert list(answer.get_json()["details"]["fields"]) == [field]


def test_sign_out_ends_the_session_and_is_204_again_and_again(alice):
    for _ in range(2):
        answer = alice.http.post("/v1/auth/sign-out")
        assert (answer.status_code, answer.data) == (204, b"")
    assert alice.http.get("/v1/orgs").status_code == 401


def test_the_sign_out_form_leads_back_to_sign_in(alice):
    answer = alice.http.post("/v1/auth/sign-out", data={})
    answer = alice.http.post("/v1/auth/sign-out", data={"from": "page"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
