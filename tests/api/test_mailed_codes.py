"""Mailed codes as they are pasted: what surrounds the digits does not matter, and what is no code costs no attempt."""

import pytest

from app.store import wrong_code_counts

EMAIL = "alice@example.com"
#: The routes that mail a code and the routes that take it, with the name of its field.
ROUTES = [
    ("/v1/auth/email-code", "/v1/auth/email-code/verify", "code"),
    ("/v1/agent/sign-up", "/v1/agent/verify", "otp_code"),
]


@pytest.fixture(params=ROUTES, ids=["email code", "sign-up code"])
def mailed(request, app, alice):
    """The code, the name of its field, and a function that sends one."""
    ask, verify, field = request.param
    client = app.test_client()
    answer = client.post(ask, json={"email": EMAIL}).get_json()
    code = answer.get("data", answer)["devCode"]
    return code, field, lambda code: client.post(verify, json={"email": EMAIL, field: code})


@pytest.mark.parametrize("surround", [" {} ", "{}\n", "\u200b{}", "`{}`"])
def test_a_code_may_have_blanks_or_backticks_around_it(mailed, surround):
    code, _, send = mailed
    assert send(surround.format(code)).status_code == 200


def test_a_code_may_be_written_in_groups(mailed):
    code, _, send = mailed
    assert send(f"{code[:3]}-{code[3:]}").status_code == 200


def test_what_is_no_code_costs_no_attempt(mailed, app):
    code, field, send = mailed
    for sent in ["12345", "'123456'", "", "abcdef", 123456, None, [], {}, True, ["123456"]] * 2:
        refused = send(sent)
        assert (refused.status_code, refused.get_json()["error_code"]) == (422, "VALIDATION_FAILED")
        assert refused.get_json()["details"]["fields"].keys() == {field}
    with app.app_context():
        assert wrong_code_counts.of(EMAIL) is None
    assert send(code).status_code == 200
