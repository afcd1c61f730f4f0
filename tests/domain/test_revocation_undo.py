"""Until when a revoke can be undone."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from app.domain.revocation_reason import RevocationReason
from app.domain.revocation_undo import UNDO_WITHIN, undoable_until

REVOKED = datetime(2026, 4, 16, 12, tzinfo=UTC)
SOON = REVOKED + timedelta(minutes=5)


class Key(NamedTuple):
    revoked_reason: str | None
    first_revoked_at: datetime | None = REVOKED
    expires_at: datetime | None = None


@pytest.mark.parametrize(
    ("key", "until"),
    [
        (Key("by_hand"), REVOKED + UNDO_WITHIN),
        (Key("by_hand", expires_at=SOON), SOON),
        (Key("by_hand", expires_at=REVOKED + timedelta(days=1)), REVOKED + UNDO_WITHIN),
        (Key("by_hand", first_revoked_at=None), None),
        (Key(None), None),
        *((Key(reason.value), None) for reason in RevocationReason if reason != RevocationReason.BY_HAND),
    ],
)
def test_only_what_was_revoked_by_hand_and_for_an_hour(key, until):
    assert undoable_until(key) == until
