"""The cache of key records, and the lease that keeps it truthful (docs/adr/0014-lease.md has the proof)."""

import time
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Protocol

from app.domain.verification import KeyRecord
from app.store.errors import DATABASE_UNAVAILABLE

#: How old, in seconds, the news of changed rights may be that a cached record is used by. No setting: whoever takes
#: rights away waits for it, and two processes that disagreed about it would break the promise.
LEASE_SECONDS = 0.1
#: What a transaction that took rights away waits before it answers: then no process anywhere uses an older record.
SETTLE_SECONDS = LEASE_SECONDS * 1.1

MAX_RECORDS = 50_000
MAX_CHANGED = 10_000

# Counts while a machine is suspended too, where there is such a clock.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Source(Protocol):
    """How far rights have moved on, each answer read in a transaction of its own."""

    def revision(self) -> int: ...
    def changed_after(self, revision: int) -> list[str]: ...


_now = partial(time.clock_gettime, _CLOCK)


class Lease:
    """The cached records of one process. Safe to call from any thread."""

    def __init__(self, source: Source, now: Callable[[], float] = _now) -> None:
        self._source, self._now = source, now
        self._records: dict[bytes, tuple[KeyRecord, int]] = {}
        self._renewing = Lock()
        # Published by `_renew` in this order: the news, the revision, the time. Read in the opposite order.
        #: Records read before the first revision are old, and so are those read before their organization's.
        self._news: tuple[int, dict[str, int]] = (0, {})
        self._revision = -1
        self._renewed_at = float("-inf")

    def find(self, digest: bytes, read: Callable[[], KeyRecord | None]) -> KeyRecord | None:
        """The record cached under `digest`, or else what `read` finds. Raises `DatabaseUnavailable`."""
        return self.cached(digest) or self.read(digest, read)

    def cached(self, digest: bytes) -> KeyRecord | None:
        """The record cached under `digest`, if it is still true. Raises `DatabaseUnavailable`."""
        began = self._now()
        if began - self._renewed_at > LEASE_SECONDS / 2:
            self._hold(began)
        cached = self._records.get(digest)
        if cached is not None:
            record, read_at = cached
            floor, changed = self._news
            if floor <= read_at and changed.get(record.org_id, 0) <= read_at:
                return record
        return None

    def read(self, digest: bytes, read: Callable[[], KeyRecord | None]) -> KeyRecord | None:
        """What `read` finds now, kept under `digest`. Call it after `cached`."""
        revision = self._revision
        record = read()
        if record is None:
            self._records.pop(digest, None)
            return None
        # Whatever the process learns meanwhile, the number tells: `find` does not use it once a later one is seen.
        self._records[digest] = record, revision
        if len(self._records) > MAX_RECORDS:
            self._make_room()
        return record

    def _make_room(self) -> None:
        try:
            self._records.pop(next(iter(self._records)), None)
        except (RuntimeError, StopIteration):
            return  # another thread is at it

    def _hold(self, began: float) -> None:
        """Returns once the lease is young enough for a request that began at `began`."""
        if began - self._renewed_at <= LEASE_SECONDS:
            # Half its time has passed: one thread renews it, the others go on with it.
            if self._renewing.acquire(blocking=False):
                try:
                    self._renew()
                except DATABASE_UNAVAILABLE:
                    pass  # what is held is good until it is too old
                finally:
                    self._renewing.release()
            if self._now() - self._renewed_at <= LEASE_SECONDS:
                return
        with self._renewing:
            # A renewal that began after this request did is young enough however long it took.
            if self._renewed_at < began and self._now() - self._renewed_at > LEASE_SECONDS:
                self._renew()

    def _renew(self) -> None:
        began = self._now()
        revision = self._source.revision()
        if revision < self._revision or self._revision < 0:
            # The first time; or another database was put in this one's place.
            self._records = {}
            self._news = (0, {})
        elif revision > self._revision:
            organizations = self._source.changed_after(self._revision)
            if len(self._news[1]) + len(organizations) > MAX_CHANGED:
                self._news = (revision, {})
            else:
                self._news[1].update(dict.fromkeys(organizations, revision))
        self._revision = revision
        self._renewed_at = began
