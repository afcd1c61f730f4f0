"""Seed page 002: an agent signs its person up, or gets their key back."""

import re

SIGN_UP = """curl -X POST %URL%/api/v1/agent/sign-up \\
  -H "Content-Type: application/json" \\
  --interface $FROM \\
  -d '{"email": "founder@example.com"}'"""
VERIFY = """curl -X POST %URL%/api/v1/agent/verify \\
  -H "Content-Type: application/json" \\
  -d '{"email": "founder@example.com", "otp_code": "'$CODE'"}'"""


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06}"


def test_the_pages_commands_and_every_answer_field_by_field(curl):
    status, refused = curl(VERIFY, CODE="123456")
    assert (status, refused["error_code"]) == (400, "OTP_EXPIRED")

    status, asked = curl(SIGN_UP, FROM="127.0.0.2")
    assert status == 200
    code = asked.pop("devCode")
    assert asked == {"email": "founder@example.com", "message": "Verification code sent to your email"}

    status, refused = curl(SIGN_UP, FROM="127.0.0.3")
    assert (status, refused["error_code"]) == (429, "RATE_LIMITED")
    assert 1 <= refused["details"]["retry_after_seconds"] <= 60

    status, refused = curl(VERIFY, CODE=wrong(code))
    assert (status, refused["error_code"], refused["details"]) == (400, "OTP_INVALID", {"remaining_attempts": 9})

    status, verified = curl(VERIFY, CODE=code)
    assert status == 200
    assert list(verified) == ["email", "api_key", "is_new_user"]
    assert (verified["email"], verified["is_new_user"]) == ("founder@example.com", True)
    assert re.fullmatch(r"of_[0-9A-Za-z]{32}", verified["api_key"])

    status, balance = curl(
        """curl %URL%/api/v1/credits/balance \\
  -H "X-API-Key: $OPENFUNNEL_API_KEY" \\
  -H "Content-Type: application/json" """,
        OPENFUNNEL_API_KEY=verified["api_key"],
    )
    assert (status, balance) == (200, {"balance": 1000, "used": 0, "granted": 1000})
