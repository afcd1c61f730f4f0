"""The cache of key records, and the lease that keeps it truthful (docs/adr/0014-lease.md has the proof)."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import Lock
from typing import Protocol

from app.domain.key_verification import KeyRecord
from app.store.unavailable import DATABASE_UNAVAILABLE, DatabaseUnavailable

#: How old, in seconds, the news of revocations may be that a cached record is used by. No setting: whoever revokes
#: waits for it, and two processes that disagreed about it would break the promise.
LEASE_SECONDS = 0.1
#: How long, in seconds, a transaction that revoked waits before it answers: then no process uses an older record.
SETTLE_SECONDS = LEASE_SECONDS * 1.1
_RENEW_AFTER = LEASE_SECONDS / 2

#: For so long after a renewal failed the next one is not tried, so that threads that waited for it do not wait again.
PAUSE_SECONDS = 0.25

MAX_RECORDS = 50_000
#: Records are dropped so many at a time: a dict finds its first entry slowly when many before it are gone.
DROPPED_AT_ONCE = 500
MAX_CHANGED = 10_000

# Counts while a machine is suspended too, where there is such a clock.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Source(Protocol):
    """How often something was revoked or changed, each answer read in a transaction of its own."""

    def revision(self) -> int: ...
    def changed_after(self, revision: int) -> list[str]: ...


@dataclass(slots=True, eq=False)
class CachedKey:
    """A record, and what is kept with it."""

    record: KeyRecord
    #: The revision that the process had seen before the record was read.
    read_at: int
    #: Forward-auth's headers for this key, which are the same each time. None: not asked yet; empty: asked once.
    headers: list[tuple[str, str]] | tuple[()] | None = None


class _Epoch:
    """Records and the news by which they are judged. Both end together: a thread that still holds the last epoch
    stores into what nobody reads any more."""

    __slots__ = ("changed", "keys", "revision")

    def __init__(self, revision: int) -> None:
        self.revision = revision
        self.keys: dict[bytes, CachedKey] = {}
        #: The revision at which an organization's change was seen: records read before it are old.
        self.changed: dict[str, int] = {}


_now = partial(time.clock_gettime, _CLOCK)


class KeyCache:
    """The cached records of one process. Safe to call from any thread."""

    def __init__(self, source: Source, now: Callable[[], float] = _now) -> None:
        self._source, self._now = source, now
        self._renewing = Lock()
        # Published by `_renew` in this order: the news, their revision, the time. Read in the opposite order.
        self._epoch = _Epoch(-1)
        self._renewed_at = float("-inf")
        self._failed_at = float("-inf")

    def find(self, digest: bytes, read: Callable[[], KeyRecord | None]) -> CachedKey | None:
        """The record cached under `digest`, or else what `read` finds. Raises `DatabaseUnavailable`."""
        return self.cached(digest) or self.read(digest, read)

    def cached(self, digest: bytes) -> CachedKey | None:
        """The record under `digest`, if it is cached and still true. Raises `DatabaseUnavailable` when that cannot be
        told."""
        began = self._now()
        if began - self._renewed_at > _RENEW_AFTER:
            if digest not in self._epoch.keys:
                return None  # what is not cached needs no lease; and what another thread may cache now is not ours
            self._hold(began)
        # Only now: an epoch that ended before the lease was looked at hears no more news.
        epoch = self._epoch
        cached = epoch.keys.get(digest)
        if cached is not None and epoch.changed.get(cached.record.org_id, 0) <= cached.read_at:
            return cached
        return None

    def read(self, digest: bytes, read: Callable[[], KeyRecord | None]) -> CachedKey | None:
        """What `read` finds, kept under `digest`. Whatever the process learns meanwhile,
        the number tells: `cached` does not use the record once it has seen a later one for its organization."""
        if self._epoch.revision < 0:
            self._hold(self._now())
        epoch = self._epoch
        revision, keys = epoch.revision, epoch.keys
        record = read()
        if record is None:
            keys.pop(digest, None)
            return None
        cached = keys[digest] = CachedKey(record, revision)
        if len(keys) > MAX_RECORDS:
            _make_room(keys)
        return cached

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
            # A renewal that began after this request did speaks for it, however long it took.
            if self._renewed_at >= began or self._now() - self._renewed_at <= LEASE_SECONDS:
                return
            if self._now() - self._failed_at < PAUSE_SECONDS:
                raise DatabaseUnavailable("the lease could not be renewed")
            self._renew()

    def _renew(self) -> None:
        began, epoch = self._now(), self._epoch
        try:
            revision = self._source.revision()
            if epoch.revision < 0 or revision < epoch.revision:
                # The first time; or another database was put in this one's place.
                self._epoch = _Epoch(revision)
            elif revision > epoch.revision:
                organizations = self._source.changed_after(epoch.revision)
                if len(epoch.changed) + len(organizations) > MAX_CHANGED:
                    self._epoch = _Epoch(revision)
                else:
                    epoch.changed.update(dict.fromkeys(organizations, revision))
                    epoch.revision = revision
        except DATABASE_UNAVAILABLE:
            self._failed_at = self._now()
            raise
        self._renewed_at = began


def _make_room(keys: dict[bytes, CachedKey]) -> None:
    """Drops the oldest."""
    try:
        oldest = list(islice(keys, DROPPED_AT_ONCE))
    except RuntimeError:
        return  # another thread is at it
    for digest in oldest:
        keys.pop(digest, None)
