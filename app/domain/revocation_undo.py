"""Until when a revoke can be undone."""

from datetime import datetime, timedelta
from typing import Protocol

from app.domain.revocation_reason import RevocationReason

#: From the first revoke on, so that revoking and undoing in turns extends nothing.
UNDO_WITHIN = timedelta(minutes=60)


class RevokedKey(Protocol):
    @property
    def revoked_reason(self) -> str | None: ...
    @property
    def first_revoked_at(self) -> datetime | None: ...
    @property
    def expires_at(self) -> datetime | None: ...


def undoable_until(key: RevokedKey) -> datetime | None:
    """Until when the revoke can be undone; None if it never can: only what a member revoked by hand can be."""
    if key.revoked_reason != RevocationReason.BY_HAND or key.first_revoked_at is None:
        return None
    until = key.first_revoked_at + UNDO_WITHIN
    return until if key.expires_at is None else min(until, key.expires_at)
