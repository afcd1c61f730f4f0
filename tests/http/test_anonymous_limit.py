"""The limit by address on the routes that anybody may POST to."""

from app.http.guards import Public
from tests.http.problems import assert_problem


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
        "sign_in.again",
        "sign_in.send",
        "sign_in.confirm",
        "invitations.sign_in",
    }
