"""What a list says of a key."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from app.domain.key_status import has_ended, is_working, state, status

NOW = datetime(2026, 4, 16, 12, tzinfo=UTC)
PAST, FUTURE = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
YESTERDAY = NOW - timedelta(hours=24)


class Key(NamedTuple):
    expires_at: datetime | None
    revoked_at: datetime | None
    suspended_at: datetime | None = None


class Used(NamedTuple):
    key: Key
    last_let_through: datetime | None = None
    last_refused: datetime | None = None
    is_replaced: bool = False
    owner_left: bool = False


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "suspended_at", "expected"),
    [
        (None, None, None, "active"),
        (NOW + timedelta(days=7, seconds=1), None, None, "active"),
        (NOW + timedelta(days=7), None, None, "expiring"),
        (FUTURE, None, None, "expiring"),
        (NOW, None, None, "expired"),
        (None, PAST, None, "revoked"),
        (PAST, PAST, None, "revoked"),
        (None, None, PAST, "suspended"),
        (FUTURE, None, PAST, "suspended"),
        (PAST, None, PAST, "expired"),
        (None, PAST, PAST, "revoked"),
    ],
)
def test_the_status_of_a_key(expires_at, revoked_at, suspended_at, expected):
    key = Key(expires_at, revoked_at, suspended_at)
    assert status(key, NOW) == expected
    assert is_working(key, NOW) is (expected in {"active", "expiring"})
    assert has_ended(key, NOW) is (expected in {"expired", "revoked"})


ACTIVE, EXPIRING = Key(None, None), Key(FUTURE, None)


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (Used(ACTIVE), "active"),
        (Used(ACTIVE, last_refused=PAST), "failing"),
        (Used(ACTIVE, last_refused=YESTERDAY), "active"),
        (Used(ACTIVE, last_let_through=PAST, last_refused=PAST), "active"),
        (Used(ACTIVE, last_let_through=YESTERDAY, last_refused=PAST), "failing"),
        (Used(ACTIVE, is_replaced=True, owner_left=True), "replaced"),
        (Used(EXPIRING, is_replaced=True), "replaced"),
        (Used(EXPIRING, owner_left=True), "expiring"),
        (Used(ACTIVE, owner_left=True), "owner_left"),
        (Used(EXPIRING, last_refused=PAST, is_replaced=True), "failing"),
        (Used(Key(None, None, PAST), last_refused=PAST, is_replaced=True, owner_left=True), "suspended"),
        (Used(Key(None, PAST), last_refused=PAST, is_replaced=True), "revoked"),
        (Used(Key(PAST, None), last_refused=PAST), "expired"),
    ],
)
def test_the_state_that_pages_show(used, expected):
    assert state(used, NOW) == expected
