"""The decision about one key: pure, over a plain record."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.errors import (
    CreditsExhausted,
    DomainError,
    InsufficientScope,
    InvalidKey,
    IpNotAllowed,
    KeyDisabled,
    KeyExpired,
    KeyRevoked,
    RateLimited,
)
from app.domain.key_rate_limit import RateLimit, RateState
from app.domain.networks import Network, admits


@dataclass(slots=True, eq=False)
class KeyRecord:
    """All that a verification needs to know of a key, its organization and its person. Treat it as read-only: freezing
    it costs a microsecond for each record that is read."""

    key_id: str
    org_id: str
    org_name: str
    name: str
    scopes: tuple[str, ...]
    #: Everything that `scopes` allow.
    granted: frozenset[str]
    #: None: does not expire.
    expires_at: datetime | None
    revoked_at: datetime | None
    disabled: bool
    #: Empty: from anywhere.
    networks: tuple[Network, ...] = ()
    #: None: as many requests as it likes.
    rate_limit: RateLimit | None = None
    #: The organization's; proxies put it into their cache keys.
    cache_generation: int = 0
    #: An install id (deprecated), which is no key but is verified like one.
    is_install: bool = False


class Outcome(StrEnum):
    """The codes of `keys/verify`, and the outcomes that usage is counted by."""

    VALID = "VALID"
    NOT_FOUND = "NOT_FOUND"
    REVOKED = "REVOKED"
    DISABLED = "DISABLED"
    EXPIRED = "EXPIRED"
    IP_NOT_ALLOWED = "IP_NOT_ALLOWED"
    INSUFFICIENT_SCOPE = "INSUFFICIENT_SCOPE"
    RATE_LIMITED = "RATE_LIMITED"
    CREDITS_EXHAUSTED = "CREDITS_EXHAUSTED"

    # An enumeration's own is a function in Python, and every verification is counted under its outcome.
    __hash__ = str.__hash__


def decide(  # noqa: PLR0911 -- one line a check, in their order
    record: KeyRecord | None, scope: str | None, address: str | None, now: datetime
) -> Outcome:
    """The first check that fails decides: exists, not revoked, not disabled, not expired, address, scope.

    `scope` None asks for any working key; `address` None is an unknown one. The limit and the credits, which change by
    being asked about, come after these (`services.verification`).
    """
    if record is None:
        return Outcome.NOT_FOUND
    if record.revoked_at is not None:
        return Outcome.REVOKED
    if record.disabled:
        return Outcome.DISABLED
    if record.expires_at is not None and record.expires_at <= now:
        return Outcome.EXPIRED
    if record.networks and not admits(record.networks, address):
        return Outcome.IP_NOT_ALLOWED
    if scope is not None and scope not in record.granted:
        return Outcome.INSUFFICIENT_SCOPE
    return Outcome.VALID


_REFUSALS: dict[Outcome, type[DomainError]] = {
    Outcome.NOT_FOUND: InvalidKey,
    Outcome.REVOKED: KeyRevoked,
    Outcome.DISABLED: KeyDisabled,
    Outcome.EXPIRED: KeyExpired,
    Outcome.IP_NOT_ALLOWED: IpNotAllowed,
    Outcome.CREDITS_EXHAUSTED: CreditsExhausted,
}


def refusal(
    outcome: Outcome, record: KeyRecord | None, scope: str | None, rate: RateState | None = None
) -> DomainError:
    """The error that tells a caller why. `rate` is what a `RATE_LIMITED` key has left."""
    if outcome is Outcome.INSUFFICIENT_SCOPE and record is not None:
        return InsufficientScope(
            f"This key may not do this: it needs the scope {scope}. Create a key that has it.",
            required=scope,
            granted=list(record.scopes),
        )
    if outcome is Outcome.RATE_LIMITED and rate is not None:
        limit = rate.limit
        return RateLimited(
            f"This key may make {limit.requests} requests in {limit.window_seconds} seconds."
            f" Try again in {rate.reset_seconds} seconds.",
            policy="default",
            quota=limit.requests,
            window=limit.window_seconds,
            retry_after=rate.reset_seconds,
        )
    return _REFUSALS[outcome]()
