"""The decision about one key."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.domain.key_verification import KeyRecord, Outcome, decide, refusal
from tests.domain.test_route_policy import SHIPPED

NOW = datetime(2026, 4, 16, 12, tzinfo=UTC)
PAST, FUTURE = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)


def record(**changes):
    values = {
        "key_id": "key_1",
        "org_id": "org_1",
        "org_name": "Org",
        "name": "CI",
        "scopes": ("agent:r",),
        "expires_at": None,
        "revoked_at": None,
        "disabled": False,
    }
    values |= changes
    return KeyRecord(**values, granted=SHIPPED.granted(values["scopes"]))


def decided(key, scope="agent:r"):
    return decide(key, scope=scope, address=None, now=NOW)


def test_a_key_that_nothing_speaks_against_is_valid():
    assert decided(record()) is Outcome.VALID
    assert decided(record(expires_at=FUTURE)) is Outcome.VALID
    assert decided(record(scopes=()), scope=None) is Outcome.VALID


def test_the_first_check_that_fails_decides():
    """Revoked comes before disabled, disabled before expired, expired before scope, whatever else is wrong."""
    for revoked, disabled, expired, unscoped in product([True, False], repeat=4):
        key = record(
            revoked_at=PAST if revoked else None,
            disabled=disabled,
            expires_at=PAST if expired else None,
            scopes=() if unscoped else ("agent:r",),
        )
        expected = (
            Outcome.REVOKED
            if revoked
            else Outcome.DISABLED
            if disabled
            else Outcome.EXPIRED
            if expired
            else Outcome.INSUFFICIENT_SCOPE
            if unscoped
            else Outcome.VALID
        )
        assert decided(key) is expected


def test_a_key_expires_at_its_moment_not_after():
    assert decided(record(expires_at=NOW)) is Outcome.EXPIRED


def test_no_key_is_not_found():
    assert decided(None) is Outcome.NOT_FOUND


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.NOT_FOUND, "INVALID_KEY"),
        (Outcome.REVOKED, "KEY_REVOKED"),
        (Outcome.DISABLED, "KEY_DISABLED"),
        (Outcome.EXPIRED, "KEY_EXPIRED"),
        (Outcome.INSUFFICIENT_SCOPE, "INSUFFICIENT_SCOPE"),
    ],
)
def test_every_refusal_has_its_code(outcome, code):
    assert refusal(outcome, record(), "agent:rw", None).error_code == code


def test_a_refusal_for_scope_says_what_is_needed_and_what_is_there():
    assert refusal(Outcome.INSUFFICIENT_SCOPE, record(), "agent:rw", None).details == {
        "required": "agent:rw",
        "granted": ["agent:r"],
    }


@pytest.mark.parametrize(("seen", "words"), [("192.0.2.1", "from 192.0.2.1."), (None, "from an unknown IP address.")])
def test_a_refusal_for_the_network_names_the_address_that_was_seen(seen, words):
    error = refusal(Outcome.IP_NOT_ALLOWED, record(), "agent:r", seen)
    assert (error.error_code, error.details) == ("IP_NOT_ALLOWED", {"address": seen})
    assert words in error.detail
