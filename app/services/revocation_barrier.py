"""The barrier of revocations: a revoke returns only when no process can still act on the state before it
(docs/adr/0014-lease.md).

Everything that verification depends on is changed inside `revoking`: keys, their settings, members, organizations.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta

from app.services.key_cache import SETTLE_SECONDS, seconds_since_boot
from app.services.runtime import Runtime
from app.store import revocation_counter as counter
from app.store.database_errors import DatabaseUnavailable
from app.store.transaction import transaction

#: Seconds, and more than any process uses a cached record for: a change that takes effect later needs no wait.
LONGEST_USE_OF_A_RECORD = 2
#: Seconds after which a transaction that revokes commits nothing any more.
LONGEST_TRANSACTION = 30.0
#: A revoke that was noted longer ago than this has settled: longer than the longest transaction, the wait after it and
#: what the clocks of two machines differ by, together (docs/adr/0014-lease.md).
SURELY_SETTLED = timedelta(minutes=1)
#: Whose turn it is when operators revoke, on the command line and so in processes of their own.
_OPERATORS = "operators"


class Revocation:
    """What a transaction revokes or changes. It must call `affects` or `nothing_changed` before it ends."""

    def __init__(self) -> None:
        self._org_ids: set[str] | None = None
        #: How long to wait after the commit.
        self.settle_seconds = SETTLE_SECONDS

    def affects(self, *org_ids: str) -> None:
        """Verification of these organizations' keys changes with this transaction."""
        self._org_ids = (self._org_ids or set()) | set(org_ids)

    def nothing_changed(self) -> None:
        """Everything was already as wanted. The caller waits all the same: the change may be only a moment old."""
        self._org_ids = self._org_ids or set()

    @property
    def has_changed(self) -> bool:
        return bool(self._org_ids)

    def _raise_counter(self) -> None:
        """Raises the revocation counter if something changed. Raises `RuntimeError` if neither method was called;
        nothing is committed then."""
        if self._org_ids is None:
            raise RuntimeError("say what this transaction revokes: call affects(…) or nothing_changed()")
        # Before the counter is locked, to hold others up for as short as can be.
        self.settle_seconds = max(SETTLE_SECONDS, counter.settle_seconds())
        counter.raise_for(self._org_ids)


@contextmanager
def revoking(runtime: Runtime, *, org_id: str = _OPERATORS, in_seconds: int = 0) -> Iterator[Revocation]:
    """A transaction that revokes or changes something. It returns when no process uses the earlier state any more.

    `org_id`: the organization whose turn it is. `in_seconds`: in how many seconds the change takes effect. Raises
    `Busy`; nothing was changed then.
    """
    is_soon = in_seconds < LONGEST_USE_OF_A_RECORD
    turn = runtime.revocation_queue.take(org_id) if is_soon else nullcontext()
    with turn, settling(in_seconds=in_seconds) as revocation:
        yield revocation


@contextmanager
def settling(*, in_seconds: int = 0) -> Iterator[Revocation]:
    """As `revoking`, in a turn that the caller has taken."""
    began = seconds_since_boot()
    with _changing() as revocation:
        yield revocation
    left = began + in_seconds - seconds_since_boot()
    # A transaction may take so long that what was to take effect later does so now.
    if in_seconds < LONGEST_USE_OF_A_RECORD or left < revocation.settle_seconds:
        _wait(revocation.settle_seconds)


def has_settled(revoked_at: datetime | None, now: datetime) -> bool:
    """Whether what was revoked then is refused everywhere by now, so that revoking it again need not wait."""
    return revoked_at is not None and now - revoked_at > SURELY_SETTLED


@contextmanager
def seldom_revoking() -> Iterator[Revocation]:
    """As `revoking`, for a transaction that seldom revokes anything: it takes no turn, and waits only if something was
    revoked."""
    with _changing() as revocation:
        yield revocation
    if revocation.has_changed:
        _wait(revocation.settle_seconds)


@contextmanager
def _changing() -> Iterator[Revocation]:
    """Raises `DatabaseUnavailable` if the transaction took too long; nothing was changed then."""
    began = seconds_since_boot()
    with transaction():
        revocation = Revocation()
        yield revocation
        revocation._raise_counter()
        if seconds_since_boot() - began > LONGEST_TRANSACTION:
            raise DatabaseUnavailable("a transaction that revokes took too long", "timeout")


def forget_earlier_versions() -> None:
    """From now on, revokes do not wait for processes of earlier versions, which used cached records for longer. Call it
    once none of them runs any more: they would accept revoked keys for up to a tenth of a second."""
    with transaction():
        counter.forget_earlier_versions()


def _wait(seconds: float) -> None:
    time.sleep(seconds)
