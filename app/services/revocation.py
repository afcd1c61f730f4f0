"""Taking rights away: the answer comes only when no process can act on what was true before."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from app.domain.errors import Busy
from app.services.key_cache import SETTLE_SECONDS
from app.services.runtime import Runtime
from app.store import revocation
from app.store.transaction import transaction

#: Whose records every process reads anew. Call it last in a transaction that changes what verification sees.
note_change = revocation.note_change


@contextmanager
def withdrawal(runtime: Runtime, *, at_once: bool = True) -> Iterator[None]:
    """A transaction that takes rights away; `note_change` inside says whose. Raises `Busy`, and nothing was changed.

    Whoever finds the rights gone already waits too: the one who took them may not have been answered yet. `at_once`
    False is for what takes effect later than any cached record lives.
    """
    with _turn(runtime) if at_once else nullcontext():
        with transaction():
            yield
        if at_once:
            settle()


def settle() -> None:
    """Waits until the rights that were taken away before this call are gone everywhere."""
    time.sleep(SETTLE_SECONDS)


@contextmanager
def _turn(runtime: Runtime) -> Iterator[None]:
    """Few may wait at once: each holds a thread that would answer other requests."""
    if not runtime.withdrawals.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        runtime.withdrawals.release()
