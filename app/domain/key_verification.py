"""The decision whether a key is accepted: pure functions of a plain record."""

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
from app.domain.key_networks import Network, admits
from app.domain.key_rate_limit import POLICY, RateLimit, RateState

#: The most credits that a back end can take with one verification. Routes cost what the policy file says.
MAX_COST = 1_000_000


@dataclass(slots=True, eq=False)
class KeyRecord:
    """All that a verification needs to know about a key, its organization and its person. Treat it as read-only; it is
    not frozen, because that would cost a microsecond for each record that is read."""

    key_id: str
    org_id: str
    org_name: str
    name: str
    scopes: tuple[str, ...]
    #: What they satisfy (`Policy.satisfied`).
    granted: frozenset[str]
    #: None: does not expire.
    expires_at: datetime | None
    revoked_at: datetime | None
    disabled: bool
    #: Empty: the key can be used from anywhere.
    networks: tuple[Network, ...] = ()
    #: None: no limit.
    rate_limit: RateLimit | None = None
    #: The organization's cache generation; proxies put it into their cache keys.
    cache_generation: int = 0
    #: Whether this is an install ID (deprecated), which is verified like a key.
    is_install: bool = False


class Outcome(StrEnum):
    """The codes of `keys/verify`. Usage is counted by them, too."""

    VALID = "VALID"
    NOT_FOUND = "NOT_FOUND"
    REVOKED = "REVOKED"
    DISABLED = "DISABLED"
    EXPIRED = "EXPIRED"
    IP_NOT_ALLOWED = "IP_NOT_ALLOWED"
    INSUFFICIENT_SCOPE = "INSUFFICIENT_SCOPE"
    RATE_LIMITED = "RATE_LIMITED"
    CREDITS_EXHAUSTED = "CREDITS_EXHAUSTED"

    # Every verification hashes its outcome to count it, and `Enum.__hash__` is written in Python, which is slower.
    __hash__ = str.__hash__


def decide(  # noqa: PLR0911 -- one return for each check, in order
    record: KeyRecord | None, scope: str | None, address: str | None, now: datetime
) -> Outcome:
    """The first check that fails decides: exists, not revoked, not disabled, not expired, network, scope.

    `scope` None accepts any active key; `address` None is an unknown address. The rate limit and the credits, which a
    check uses up, come after these (`services.key_verification`).
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
    Outcome.CREDITS_EXHAUSTED: CreditsExhausted,
}
#: The outcomes whose errors have another code.
OUTCOMES: dict[str, str] = {error.error_code: outcome.value for outcome, error in _REFUSALS.items()}


def refusal(
    outcome: Outcome, record: KeyRecord | None, scope: str | None, address: str | None, rate: RateState | None = None
) -> DomainError:
    """The error for an outcome other than `VALID`. `address` is where the key was used from, `rate` is what a
    `RATE_LIMITED` key has left."""
    if outcome is Outcome.IP_NOT_ALLOWED:
        return IpNotAllowed(address)
    if outcome is Outcome.INSUFFICIENT_SCOPE and record is not None:
        return InsufficientScope(scope or "", record.scopes)
    if outcome is Outcome.RATE_LIMITED and rate is not None:
        limit = rate.limit
        return RateLimited(
            f"This key is limited to {limit.requests} requests in {limit.window_seconds} seconds."
            f" Try again in {rate.reset_seconds} seconds.",
            policy=POLICY,
            quota=limit.requests,
            window=limit.window_seconds,
            retry_after=rate.reset_seconds,
        )
    return _REFUSALS[outcome]()
