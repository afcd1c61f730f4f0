"""How many keys of an organization need attention, as the list shows it above the keys."""

import time
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from app.store import key_list, organizations
from app.store.key_conditions import KeyFilter

#: Most urgent first.
ATTENTION = ("failing", "expiring", "owner_left", "unused", "never_expires")
#: Seconds for which the numbers of an organization with more than `COUNTED_TO` keys are kept. Others are counted each
#: time.
KEPT_SECONDS = 10.0
MAX_KEPT = 1000


class _Kept(NamedTuple):
    at: float
    revision: int
    numbers: dict[str, int]


class KeysNeedingAttention:
    """The numbers that one process keeps. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._kept: dict[str, _Kept] = {}

    def numbers(self, org_id: str, now: datetime) -> dict[str, int]:
        """By condition. Those that are kept are counted anew once a key of the organization was revoked or changed."""
        at, revision = self._clock(), organizations.revocation_revision(org_id)
        kept = self._kept.get(org_id)
        if kept and kept.revision == revision and at - kept.at < KEPT_SECONDS:
            return kept.numbers
        numbers = {name: key_list.count(org_id, KeyFilter(conditions=(name,)), now) for name in ATTENTION}
        if key_list.count(org_id, KeyFilter(), now) > key_list.COUNTED_TO:
            with self._lock:
                self._kept.pop(org_id, None)
                self._kept[org_id] = _Kept(at, revision, numbers)
                if len(self._kept) > MAX_KEPT:
                    del self._kept[next(iter(self._kept))]
        return numbers
