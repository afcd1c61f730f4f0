"""Revocation: a revoke returns only when no process can still act on the state before it (docs/adr/0014-lease.md).

Everything that verification depends on is changed inside `revoking`: keys, their settings, members, organizations.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from app.domain.errors import Busy
from app.services.key_cache import SETTLE_SECONDS
from app.services.runtime import Runtime
from app.store import revocation_counter as counter
from app.store.transaction import transaction

#: How many revokes may wait at once until every process refuses what they revoked. A quarter of the threads that serve
#: requests in a process (`cli.serve.BLOCKING_THREADS`), so that the others go on serving.
MAX_REVOCATIONS = 2
#: Seconds, and more than any process uses a cached record for: a change that takes effect later needs no wait.
LONGEST_USE_OF_A_RECORD = 2


class Revocation:
    """What a transaction revokes or changes. It must call `affects` or `nothing_changed` before it ends."""

    def __init__(self) -> None:
        self._org_ids: set[str] | None = None

    def affects(self, *org_ids: str) -> None:
        """Verification of these organizations' keys changes with this transaction."""
        self._org_ids = (self._org_ids or set()) | set(org_ids)

    def nothing_changed(self) -> None:
        """Everything was already as wanted. The caller waits all the same: the change may be only a moment old."""
        self._org_ids = self._org_ids or set()

    def _raise_counter(self) -> bool:
        """Raises the revocation counter if something changed, and returns whether it did. Raises `RuntimeError` if
        neither method was called; nothing is committed then."""
        if self._org_ids is None:
            raise RuntimeError("say what this transaction revokes: call affects(…) or nothing_changed()")
        counter.raise_for(self._org_ids)
        return bool(self._org_ids)


@contextmanager
def revoking(runtime: Runtime, *, in_seconds: int = 0) -> Iterator[Revocation]:
    """A transaction that revokes or changes something. It returns when no process uses the earlier state any more.

    `in_seconds`: in how many seconds the change takes effect. Raises `Busy`; nothing was changed then.
    """
    waits = in_seconds < LONGEST_USE_OF_A_RECORD
    with _turn(runtime) if waits else nullcontext():
        with transaction():
            revocation = Revocation()
            yield revocation
            revocation._raise_counter()
        if waits:
            _wait()


@contextmanager
def seldom_revoking() -> Iterator[Revocation]:
    """As `revoking`, for a transaction that seldom revokes anything: it takes no turn, and waits only if something was
    revoked."""
    with transaction():
        revocation = Revocation()
        yield revocation
        changed = revocation._raise_counter()
    if changed:
        _wait()


def _wait() -> None:
    time.sleep(SETTLE_SECONDS)


@contextmanager
def _turn(runtime: Runtime) -> Iterator[None]:
    """Lets only a few revokes wait at once: each holds a thread that could serve other requests. Raises `Busy`."""
    if not runtime.revocation_turns.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        runtime.revocation_turns.release()
