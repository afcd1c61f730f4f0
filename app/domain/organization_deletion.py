"""When an organization may be deleted, and how long it can be brought back."""

from datetime import datetime, timedelta

#: How old a sign-in may be. Whoever finds an open browser must not be able to delete an organization.
YOUNG_SIGN_IN = timedelta(minutes=10)
#: How long a deleted organization is kept whole.
KEPT = timedelta(days=30)


def is_young(signed_in_at: datetime, now: datetime) -> bool:
    return now - signed_in_at < YOUNG_SIGN_IN


def erased_at(deleted_at: datetime) -> datetime:
    """From when on a deleted organization cannot be brought back, and what belongs to it is erased."""
    return deleted_at + KEPT
