"""The status of a key, as lists show it."""

from datetime import datetime, timedelta
from typing import Literal, Protocol

EXPIRING_WITHIN = timedelta(days=7)
Status = Literal["active", "expiring", "expired", "revoked"]


class KeyDates(Protocol):
    """`expires_at` None: the key does not expire. `revoked_at` None: it was not revoked."""

    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def revoked_at(self) -> datetime | None: ...


def status(key: KeyDates, now: datetime) -> Status:
    """`active`, `expiring` (active, and expires within 7 days), `expired` or `revoked`."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is None or key.expires_at - now > EXPIRING_WITHIN:
        return "active"
    return "expiring" if key.expires_at > now else "expired"


def is_working(key: KeyDates, now: datetime) -> bool:
    """Whether a key is active: neither revoked nor expired. `store.keys.works` is the same in SQL."""
    return status(key, now) in {"active", "expiring"}
