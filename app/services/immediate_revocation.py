"""Revocation: the answer comes only when no process can act on what was true before.

Everything that verification goes by is changed inside `revoking`: keys, their settings, members, organizations.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from app.domain.errors import Busy
from app.services.key_cache import SETTLE_SECONDS
from app.services.runtime import Runtime
from app.store import revocation_counter as counter
from app.store.transaction import transaction

#: How many may wait at once until what they revoked is refused everywhere. A quarter of the threads that answer
#: requests in a process (`cli.serve.BLOCKING_THREADS`): the others go on answering.
MAX_REVOCATIONS = 2
#: Seconds. Longer than any process uses a cached record: what ends later than this needs no waiting for.
LONGEST_USE_OF_A_RECORD = 2


class Revocation:
    """Says what a transaction revokes or changes. One of the two methods is called before it ends."""

    def __init__(self) -> None:
        self._org_ids: set[str] | None = None

    def affects(self, *org_ids: str) -> None:
        """Keys of these organizations work differently from now on."""
        self._org_ids = (self._org_ids or set()) | set(org_ids)

    def nothing_changed(self) -> None:
        """It was so before. Whoever asked waits all the same: the one who changed it may not be answered yet."""
        self._org_ids = self._org_ids or set()

    def raise_counter(self) -> bool:
        """Whether something changed. Raises `RuntimeError` when nothing was said: then nothing is committed."""
        if self._org_ids is None:
            raise RuntimeError("say what this transaction revokes: affects(…) or nothing_changed()")
        counter.raise_for(self._org_ids)
        return bool(self._org_ids)


@contextmanager
def revoking(runtime: Runtime, *, in_seconds: int = 0) -> Iterator[Revocation]:
    """A transaction that revokes or changes, and returns when no process goes by what was true before.

    `in_seconds`: when it takes effect. Raises `Busy`; then nothing was changed.
    """
    waits = in_seconds < LONGEST_USE_OF_A_RECORD
    with _turn(runtime) if waits else nullcontext():
        with transaction():
            revocation = Revocation()
            yield revocation
            revocation.raise_counter()
        if waits:
            _wait()


@contextmanager
def seldom_revoking() -> Iterator[Revocation]:
    """As `revoking`, for a transaction that most often revokes nothing: it takes no turn, need say nothing, and waits
    only when something was revoked."""
    with transaction():
        revocation = Revocation()
        revocation.nothing_changed()
        yield revocation
        changed = revocation.raise_counter()
    if changed:
        _wait()


def _wait() -> None:
    time.sleep(SETTLE_SECONDS)


@contextmanager
def _turn(runtime: Runtime) -> Iterator[None]:
    """Few may wait at once: each holds a thread that would answer other requests."""
    if not runtime.revocation_turns.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        runtime.revocation_turns.release()
