"""Mailed codes under parallel attack over four processes: few are compared, and a right one is good for one key."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest

from app.store import people
from app.store.transaction import transaction
from tests.system.visitors import Answer, Request, at_once, new_address, query

BOTH = pytest.mark.databases("sqlite", "postgresql")


@dataclass(frozen=True)
class CodeFlow:
    """`attempts`: how many codes are compared. `made`: counts what right codes were good for."""

    asks: str
    verifies: str
    field: str
    attempts: int
    token: Callable[[Any], str]
    made: str
    #: Only people who have an account get a code.
    needs_account: bool = False

    def ask(self, server, email) -> str:
        """The code, as dev mode shows it."""
        (answer,) = at_once([post(server, self.asks, email=email)])
        assert answer.status == 200, answer.body
        body = json.loads(answer.body)
        return body.get("data", body)["devCode"]

    def try_codes(self, servers, email, codes) -> list[Answer]:
        """All at once, in turns to each server, from an address each."""
        return at_once(
            post(servers[number % len(servers)], self.verifies, **{"email": email, self.field: code})
            for number, code in enumerate(codes)
        )


MAILED_CODE = CodeFlow(
    "/v1/auth/email-code",
    "/v1/auth/email-code/verify",
    "code",
    5,
    lambda body: body["data"]["token"],
    "SELECT count(*) FROM agent_session_token",
    needs_account=True,
)
SIGN_UP = CodeFlow(
    "/v1/agent/sign-up",
    "/v1/agent/verify",
    "otp_code",
    10,
    lambda body: body["api_key"],
    "SELECT count(*) FROM api_key",
)
FLOWS = pytest.mark.parametrize("flow", [MAILED_CODE, SIGN_UP], ids=["mailed code", "agent sign-up"])


def post(server, path, **body):
    headers = {"Content-Type": "application/json"}
    return Request(server, "POST", path, headers, json.dumps(body), source=new_address())


@pytest.fixture
def addresses(app, clock):
    """Addresses that no limit has seen."""

    def addresses(flow, count):
        emails = [f"{uuid4().hex[:12]}@example.com" for _ in range(count)]
        if flow.needs_account:
            with app.app_context(), transaction():
                for email in emails:
                    people.add(email, clock.now)
        return emails

    return addresses


def outcomes(answers) -> Counter:
    return Counter(json.loads(answer.body).get("error_code", answer.status) for answer in answers)


def guess(servers, flow, emails):
    """Fifty wrong codes at once for each address, then the right one."""
    began, compared, refused = monotonic(), Counter(), 0
    for number, email in enumerate(emails):
        code = flow.ask(servers[number % len(servers)], email)
        wrong = [f"{(int(code) + n) % 10**6:06}" for n in range(1, 51)]
        answers = flow.try_codes(servers, email, wrong)
        seen = outcomes(answers)
        assert set(seen) == {"OTP_INVALID", "OTP_MAX_ATTEMPTS"}, seen
        left = [json.loads(answer.body)["details"].get("remaining_attempts") for answer in answers]
        assert sorted(n for n in left if n is not None) == list(range(flow.attempts))
        compared[seen["OTP_INVALID"]] += 1
        refused += outcomes(flow.try_codes(servers, email, [code]))["OTP_MAX_ATTEMPTS"]
    print(f"{len(emails)} x 50 wrong codes: compared {dict(compared)}, the right one refused {refused} times", end="; ")
    print(f"{monotonic() - began:.1f} s")
    assert compared == {flow.attempts: len(emails)}
    assert refused == len(emails)


def redeem(servers, flow, emails, database):
    """The right code 32 times at once for each address."""
    began, seen = monotonic(), Counter()
    for number, email in enumerate(emails):
        code = flow.ask(servers[number % len(servers)], email)
        answers = flow.try_codes(servers, email, [code] * 32)
        tokens = [flow.token(json.loads(answer.body)) for answer in answers if answer.status == 200]
        assert len(tokens) == 1, outcomes(answers)
        seen += outcomes(answers)
        assert query(database, flow.made) == [(number + 1,)]
    print(f"{len(emails)} x 32 right codes: {dict(seen)}, {monotonic() - began:.1f} s")
    assert seen[200] == len(emails)
    assert set(seen) <= {200, "OTP_EXPIRED", "OTP_MAX_ATTEMPTS"}


@BOTH
def test_of_fifty_parallel_wrong_codes_few_are_compared_and_of_right_ones_one_counts(four_servers, database, addresses):
    for flow in (MAILED_CODE, SIGN_UP):
        guess(four_servers, flow, addresses(flow, 1))
        redeem(four_servers, flow, addresses(flow, 1), database)


@pytest.mark.soak
@BOTH
@FLOWS
def test_two_hundred_times_fifty_parallel_wrong_codes(four_servers, flow, addresses):
    guess(four_servers, flow, addresses(flow, 200))


@pytest.mark.soak
@BOTH
@FLOWS
def test_five_hundred_times_32_parallel_right_codes(four_servers, flow, addresses, database):
    redeem(four_servers, flow, addresses(flow, 500), database)
