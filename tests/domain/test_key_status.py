"""What a list says of a key."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from app.domain.key_status import is_working, status

NOW = datetime(2026, 4, 16, 12, tzinfo=UTC)
PAST, FUTURE = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)


class Key(NamedTuple):
    expires_at: datetime | None
    revoked_at: datetime | None


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "expected"),
    [
        (None, None, "active"),
        (NOW + timedelta(days=7, seconds=1), None, "active"),
        (NOW + timedelta(days=7), None, "expiring"),
        (FUTURE, None, "expiring"),
        (NOW, None, "expired"),
        (None, PAST, "revoked"),
        (PAST, PAST, "revoked"),
    ],
)
def test_the_status_of_a_key(expires_at, revoked_at, expected):
    key = Key(expires_at, revoked_at)
    assert status(key, NOW) == expected
    assert is_working(key, NOW) is (expected in {"active", "expiring"})
