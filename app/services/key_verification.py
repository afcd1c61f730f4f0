"""The verification of keys: the only one, for keys of every origin, and for guards, forward-auth and keys/verify."""

from dataclasses import dataclass

from app.domain import imported_keys, key_format
from app.domain.errors import InstallIdSunset, MissingCredential
from app.domain.forward_auth import NotListed
from app.domain.install_id_sunset import SUNSET
from app.domain.key_rate_limit import RateState
from app.domain.key_verification import KeyRecord, Outcome, decide, refusal
from app.services import credits, install_id_credentials
from app.services.key_cache import CachedKey
from app.services.runtime import Runtime


@dataclass(slots=True)
class Verification:
    """Treat it as read-only."""

    outcome: Outcome
    #: None: no such key.
    cached: CachedKey | None
    #: None: the key has no rate limit, or it was not checked.
    rate: RateState | None = None
    #: Credits left after this request. None: it took none.
    balance: int | None = None

    @property
    def record(self) -> KeyRecord | None:
        return self.cached.record if self.cached else None


class WindowFull(Exception):
    """Other requests filled the window while this one took its credits."""


_NOT_FOUND = Verification(Outcome.NOT_FOUND, None)
_VALID, _INSUFFICIENT_SCOPE = Outcome.VALID, Outcome.INSUFFICIENT_SCOPE


def verify(
    runtime: Runtime,
    plaintext: str,
    scope: str | None,
    cost: int = 0,
    *,
    address: str | None = None,
    agent: str | None = None,
    org_id: str | None = None,
) -> Verification:
    """Looks the key up, decides, and counts the use in memory. Only a `cost`, in credits, writes to the database.

    `scope` None accepts any active key, `org_id` None a key of any organization. `address` and `agent`: the IP address
    and User-Agent of the key's user. Raises `DatabaseUnavailable` and `LimiterUnavailable`.
    """
    digest = key_format.digest(plaintext)
    cached = runtime.key_cache.cached(digest) or _looked_up(runtime, plaintext, digest)
    if cached is None or (org_id is not None and cached.record.org_id != org_id):
        return _NOT_FOUND
    return _judged(runtime, cached, scope, cost, address, agent)


def verdict(runtime: Runtime, plaintext: str, *, org_id: str, address: str | None = None) -> Verification:
    """What `verify` would say about a key of the organization, without a trace: the request counts as no use, takes no
    place in the rate limit and no credit. Raises `DatabaseUnavailable` and `LimiterUnavailable`."""
    digest = key_format.digest(plaintext)
    cached = runtime.key_cache.cached(digest) or _looked_up(runtime, plaintext, digest)
    if cached is None or cached.record.org_id != org_id:
        return _NOT_FOUND
    record, rate = cached.record, None
    outcome = decide(record, None, address, runtime.clock())
    if outcome is _VALID and record.rate_limit is not None:
        fits, rate = runtime.key_rate_limits.would_take(record, record.rate_limit)
        outcome = outcome if fits else Outcome.RATE_LIMITED
    return Verification(outcome, cached, rate)


def verify_presented(  # noqa: PLR0917 -- keyword arguments are slower
    runtime: Runtime,
    credential: tuple[str | None, str | None],
    scope: str | None,
    cost: int,
    address: str | None,
    agent: str | None,
) -> Verification:
    """As `verify`, for what `credentials.presented` found. Also raises `MissingCredential` and `InstallIdSunset`."""
    key, install_id = credential
    if key is not None:
        digest = key_format.digest(key)
        cached = runtime.key_cache.cached(digest) or _looked_up(runtime, key, digest)
        return _NOT_FOUND if cached is None else _judged(runtime, cached, scope, cost, address, agent)
    if install_id is not None:
        return verify_install(runtime, install_id, scope, cost, address=address)
    raise MissingCredential(MissingCredential.no_key)


def verify_install(
    runtime: Runtime, install_id: str, scope: str | None, cost: int = 0, *, address: str | None = None
) -> Verification:
    """As `verify`, for an install ID. Also raises `InstallIdSunset`, after the last day of install IDs."""
    if runtime.clock() > SUNSET:
        raise InstallIdSunset
    normal = install_id_credentials.normalise(install_id)
    if normal is None:
        return _NOT_FOUND
    digest = key_format.digest(f"install {normal}")
    cached = runtime.key_cache.find(digest, lambda: runtime.key_records.install(normal))
    return _NOT_FOUND if cached is None else _judged(runtime, cached, scope, cost, address, None)


def _judged(  # noqa: PLR0917 -- keyword arguments are slower
    runtime: Runtime, cached: CachedKey, scope: str | None, cost: int, address: str | None, agent: str | None
) -> Verification:
    """The decision about a record: first the checks of `decide`, then the rate limit, then the credits."""
    record, now = cached.record, runtime.clock()
    outcome = decide(record, scope, address, now)
    rate, balance = None, None
    if outcome is _VALID:
        if not cost and record.rate_limit is None:
            runtime.usage.key_used(record, outcome, now, address, agent)
            accepted: Verification | None = cached.accepted
            if accepted is None:
                accepted = Verification(outcome, cached)
                # Not at the first use: a key that is used once would take more memory.
                if cached.headers is not None:
                    cached.accepted = accepted
            return accepted
        outcome, rate, balance = _take(runtime, record, cost)
    needs = scope if outcome is _INSUFFICIENT_SCOPE else None
    runtime.usage.key_used(record, outcome, now, address, agent, needs)
    return Verification(outcome, cached, rate, balance)


def count_unlisted(  # noqa: PLR0917 -- keyword arguments are slower
    runtime: Runtime,
    credential: tuple[str | None, str | None],
    method: str,
    path: str,
    address: str | None,
    agent: str | None,
) -> None:
    """Counts a request with a working key for a route that the policy does not list, so that its owner sees it. Only if
    the key is cached: what is refused anyway must not cost a query. Raises `DatabaseUnavailable`."""
    key, now = credential[0], runtime.clock()
    cached = None if key is None else runtime.key_cache.cached(key_format.digest(key))
    if cached is not None and decide(cached.record, None, address, now) is _VALID:
        runtime.usage.key_used(cached.record, NotListed.error_code, now, address, agent, f"{method} {path}")


def passed(verification: Verification, scope: str | None, address: str | None) -> CachedKey:
    """The key, if it was accepted. Raises the `DomainError` that says why it was not."""
    if verification.outcome is not _VALID or verification.cached is None:
        raise refusal(verification.outcome, verification.record, scope, address, verification.rate)
    return verification.cached


def require(
    runtime: Runtime, plaintext: str, *, scope: str | None, cost: int = 0, address: str | None = None
) -> KeyRecord:
    """Verifies a key; its record. Raises the `DomainError` that says why it was not accepted."""
    return passed(verify(runtime, plaintext, scope=scope, cost=cost, address=address), scope, address).record


def _looked_up(runtime: Runtime, plaintext: str, digest: bytes) -> CachedKey | None:
    """Reads the record. A text that is not well-formed is looked up only if there are imported keys."""
    if key_format.is_well_formed(plaintext):
        return runtime.key_cache.read(digest, lambda: runtime.key_records.by_digest(digest))
    if not runtime.key_records.has_imported():
        return None
    return runtime.key_cache.read(digest, lambda: runtime.key_records.by_digest(*imported_keys.digests(plaintext)))


def _take(runtime: Runtime, record: KeyRecord, cost: int) -> tuple[Outcome, RateState | None, int | None]:
    """Takes from the rate limit, then from the credits. A refused request counts in no window and costs nothing."""
    limit, rate = record.rate_limit, None
    if limit is not None:
        limiter = runtime.key_rate_limits
        fits, rate = limiter.would_take(record, limit) if cost else limiter.take(record, limit)
        if not fits:
            return Outcome.RATE_LIMITED, rate, None
    if not cost:
        return Outcome.VALID, rate, None
    try:
        with credits.taking(runtime, record, cost) as balance:
            if balance is None:
                return Outcome.CREDITS_EXHAUSTED, rate, None
            # Counted inside the transaction: if the window is full by now, the rollback returns the credits.
            if limit is not None:
                fits, rate = runtime.key_rate_limits.take(record, limit)
                if not fits:
                    raise WindowFull
    except WindowFull:
        return Outcome.RATE_LIMITED, rate, None
    return Outcome.VALID, rate, balance
