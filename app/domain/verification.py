"""The decision about one key: pure, over a plain record."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from app.domain.errors import (
    DomainError,
    InsufficientScope,
    InvalidKey,
    KeyDisabled,
    KeyExpired,
    KeyRevoked,
)
from app.domain.scopes import Policy

EXPIRING_WITHIN = timedelta(days=7)
Status = Literal["active", "expiring", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """All that a verification needs to know of a key, its organization and its person."""

    key_id: str
    org_id: str
    org_name: str
    name: str
    scopes: tuple[str, ...]
    #: None: does not expire.
    expires_at: datetime | None
    revoked_at: datetime | None
    disabled: bool


class Outcome(StrEnum):
    """The codes of `keys/verify`, and the outcomes that usage is counted by."""

    VALID = "VALID"
    NOT_FOUND = "NOT_FOUND"
    REVOKED = "REVOKED"
    DISABLED = "DISABLED"
    EXPIRED = "EXPIRED"
    INSUFFICIENT_SCOPE = "INSUFFICIENT_SCOPE"


def decide(record: KeyRecord | None, *, scope: str | None, policy: Policy, now: datetime) -> Outcome:
    """The first check that fails decides: exists, not revoked, not disabled, not expired, scope.

    `scope` None asks for any working key.
    """
    if record is None:
        return Outcome.NOT_FOUND
    if record.revoked_at is not None:
        return Outcome.REVOKED
    if record.disabled:
        return Outcome.DISABLED
    if record.expires_at is not None and record.expires_at <= now:
        return Outcome.EXPIRED
    if scope is not None and scope not in policy.granted(record.scopes):
        return Outcome.INSUFFICIENT_SCOPE
    return Outcome.VALID


_REFUSALS: dict[Outcome, type[DomainError]] = {
    Outcome.NOT_FOUND: InvalidKey,
    Outcome.REVOKED: KeyRevoked,
    Outcome.DISABLED: KeyDisabled,
    Outcome.EXPIRED: KeyExpired,
}


def refusal(outcome: Outcome, record: KeyRecord | None, scope: str | None) -> DomainError:
    """The error that tells a caller why."""
    if outcome is Outcome.INSUFFICIENT_SCOPE and record is not None:
        return InsufficientScope(
            f"This key may not do this: it needs the scope {scope}. Create a key that has it.",
            required=scope,
            granted=list(record.scopes),
        )
    return _REFUSALS[outcome]()


def status(*, expires_at: datetime | None, revoked_at: datetime | None, now: datetime) -> Status:
    """What a list says of a key: `active`, `expiring` (7 days or less to go), `expired` or `revoked`."""
    if revoked_at is not None:
        return "revoked"
    if expires_at is None or expires_at - now > EXPIRING_WITHIN:
        return "active"
    return "expiring" if expires_at > now else "expired"
