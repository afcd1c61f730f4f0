"""The status of a key: the five that the API knows, and the finer states that pages show."""

from datetime import datetime, timedelta
from typing import Literal, Protocol

EXPIRING_WITHIN = timedelta(days=7)
#: How long the refusals of a key count that was not let through since.
FAILING_WITHIN = timedelta(hours=24)
#: How long a key must have been used by nobody to count as unused.
UNUSED_AFTER = timedelta(days=90)
Status = Literal["active", "expiring", "expired", "revoked", "suspended"]
State = Literal["active", "failing", "expiring", "replaced", "owner_left", "suspended", "expired", "revoked"]


class KeyDates(Protocol):
    """`expires_at` None: the key does not expire. `revoked_at` None: it was not revoked; `suspended_at` likewise."""

    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def revoked_at(self) -> datetime | None: ...
    @property
    def suspended_at(self) -> datetime | None: ...


class KeyInUse(Protocol):
    """What the finer states depend on. `last_let_through` and `last_refused` None: never."""

    @property
    def key(self) -> KeyDates: ...
    @property
    def last_let_through(self) -> datetime | None: ...
    @property
    def last_refused(self) -> datetime | None: ...
    @property
    def is_replaced(self) -> bool: ...
    @property
    def owner_left(self) -> bool: ...


def status(key: KeyDates, now: datetime) -> Status:
    """`active`, `expiring` (active, and expires within 7 days), `suspended`, `expired` or `revoked`."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is not None and key.expires_at <= now:
        return "expired"
    if key.suspended_at is not None:
        return "suspended"
    if key.expires_at is None or key.expires_at - now > EXPIRING_WITHIN:
        return "active"
    return "expiring"


def has_ended(key: KeyDates, now: datetime) -> bool:
    """Whether a key was revoked or has expired. `store.keys.works` is the opposite in SQL."""
    return status(key, now) in {"expired", "revoked"}


def is_working(key: KeyDates, now: datetime) -> bool:
    """Whether a key is active: neither revoked, nor expired, nor suspended."""
    return status(key, now) in {"active", "expiring"}


def state(used: KeyInUse, now: datetime) -> State:
    """The status, or for a working key the first of these that is so: `failing` (refused in the last 24 hours, and not
    let through in them), `replaced`, `expiring`, `owner_left`."""
    plain = status(used.key, now)
    if plain not in {"active", "expiring"}:
        return plain
    if is_failing(used, now):
        return "failing"
    if used.is_replaced:
        return "replaced"
    if plain == "active" and used.owner_left:
        return "owner_left"
    return plain


def is_failing(used: KeyInUse, now: datetime) -> bool:
    since = now - FAILING_WITHIN
    let_through = used.last_let_through is not None and used.last_let_through > since
    return used.last_refused is not None and used.last_refused > since and not let_through
