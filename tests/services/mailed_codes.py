"""Codes that are mailed to an agent's person, asked for and tried."""

from app.services import email_codes

EMAIL = "alice@example.com"


def ask(runtime, email=EMAIL, client="203.0.113.1"):
    return email_codes.request(runtime, email=email, client=client)


def verify(runtime, code, email=EMAIL):
    return email_codes.verify(runtime, email=email, code=code)


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06}"
