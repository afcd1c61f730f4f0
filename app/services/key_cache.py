"""The cache of key records, and the lease that keeps it correct (the proof is in docs/adr/0014-lease.md)."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import Lock
from time import perf_counter
from typing import Any, Protocol

from app.domain.key_verification import KeyRecord
from app.services.counters import Timed
from app.store.database_errors import DATABASE_UNAVAILABLE, DatabaseUnavailable, reason_of

log = logging.getLogger("keydesk")

#: How old, in seconds, a process's knowledge of revocations may be when it uses a cached record. Not a setting: every
#: revoke waits this long. Before a later version may make it longer, every process has to wait that long
#: (`store.revocation_counter`).
LEASE_SECONDS = 0.025
#: How long, in seconds, a revoke waits after its commit at least: from then on, no process of this version uses an
#: older record.
SETTLE_SECONDS = LEASE_SECONDS * 1.1
_RENEW_AFTER = LEASE_SECONDS / 2

#: Seconds after a failed renewal in which none is tried, so that threads that waited for it do not wait once more.
PAUSE_SECONDS = 0.25
#: How long, in seconds, a request waits for another thread that renews the lease: longer than a renewal over a new
#: connection takes, with both addresses of a host and every statement as late as it may be.
WAIT_SECONDS = 10

MAX_RECORDS = 50_000
#: How many records are dropped at a time: a dict finds its first entry slowly after many before it were deleted.
DROPPED_AT_ONCE = 500
#: How many changed organizations an epoch remembers; rather than more, the process starts a new epoch.
MAX_CHANGED = 10_000

# CLOCK_BOOTTIME, which Linux has, also counts while the machine is suspended.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Source(Protocol):
    """The revocation counter, and the organizations that changed. Each call reads in a transaction of its own.

    `timeline_changes` reads nothing: it counts how often the connections have led to a database that may lack commits.
    """

    def revision(self) -> int: ...
    def timeline_changes(self) -> int: ...
    def changed_after(self, revision: int) -> list[str]: ...


@dataclass(slots=True, eq=False)
class CachedKey:
    """A record, and what is cached with it."""

    record: KeyRecord
    #: The revision that the process had seen before it read the record.
    read_at: int
    #: Forward-auth's headers for this key, which are the same in every response. None: not used yet; empty: used once.
    headers: list[tuple[str, str]] | tuple[()] | None = None
    #: The `key_verification.Verification` that accepts this key and takes nothing, which is always the same one.
    accepted: Any = None


class _Epoch:
    """Records, and the changes by which they are judged. Both are replaced together: a thread that still holds an old
    epoch stores into what nobody reads any more."""

    __slots__ = ("changed", "keys", "revision", "timeline_changes")

    def __init__(self, revision: int, timeline_changes: int) -> None:
        self.revision, self.timeline_changes = revision, timeline_changes
        self.keys: dict[bytes, CachedKey] = {}
        #: By organization, the revision at which its last change was seen: records that were read before are old.
        self.changed: dict[str, int] = {}


seconds_since_boot = partial(time.clock_gettime, _CLOCK)


class KeyCache:
    """The cached records of one process. Thread-safe."""

    def __init__(self, source: Source, now: Callable[[], float] = seconds_since_boot) -> None:
        self._source, self._now = source, now
        self._renewing = Lock()
        # `_renew` publishes in this order: the changes, their revision, the time. Readers read in the opposite order.
        self._epoch = _Epoch(-1, 0)
        self._renewed_at = float("-inf")
        self._failed_at = float("-inf")
        self._failed_because = "unknown"
        #: Of the figures only: a thread that is interrupted here may lose one.
        self.hits = self.reads = 0
        self.renewals = Timed("ok")

    def find(self, digest: bytes, read: Callable[[], KeyRecord | None]) -> CachedKey | None:
        """The record cached under `digest`, or else what `read` finds. Raises `DatabaseUnavailable`."""
        return self.cached(digest) or self.read(digest, read)

    def cached(self, digest: bytes) -> CachedKey | None:
        """The record under `digest`, if it is cached and still current. Raises `DatabaseUnavailable` if the lease
        cannot be renewed."""
        began = self._now()
        if began - self._renewed_at > _RENEW_AFTER:
            if digest not in self._epoch.keys:
                return None  # needs no lease, because a record that another thread caches now is not used here
            self._hold(began)
        # Only now: an epoch that was replaced before the lease was checked gets no more changes.
        epoch = self._epoch
        cached = epoch.keys.get(digest)
        if cached is not None and epoch.changed.get(cached.record.org_id, 0) <= cached.read_at:
            self.hits += 1
            return cached
        return None

    def read(self, digest: bytes, read: Callable[[], KeyRecord | None]) -> CachedKey | None:
        """What `read` finds, cached under `digest` with the revision that was seen before. Once the process sees a
        later revision for the organization, even while `read` runs, `cached` does not use the record."""
        if self._epoch.revision < 0:
            self._hold(self._now())
        epoch = self._epoch
        revision, keys = epoch.revision, epoch.keys
        self.reads += 1
        record = read()
        if record is None:
            keys.pop(digest, None)
            return None
        cached = keys[digest] = CachedKey(record, revision)
        if len(keys) > MAX_RECORDS:
            _make_room(keys)
        return cached

    def _hold(self, began: float) -> None:
        """Returns once the lease is young enough for a request that began at `began`. Raises `DatabaseUnavailable`."""
        if began - self._renewed_at <= LEASE_SECONDS:
            # Half of the lease has passed: one thread renews it, the others keep using it.
            if not self._renewing.acquire(blocking=False):
                return
            try:
                self._renew()
            except DATABASE_UNAVAILABLE:
                pass  # the lease is good until it is too old
            finally:
                self._renewing.release()
            if self._now() - self._renewed_at <= LEASE_SECONDS:
                return
        if not self._renewing.acquire(timeout=WAIT_SECONDS):
            raise DatabaseUnavailable("another thread did not renew the lease in time", "timeout")
        try:
            # A renewal that began after this request did is good for it, however long the renewal took.
            if self._renewed_at >= began or self._now() - self._renewed_at <= LEASE_SECONDS:
                return
            if self._now() - self._failed_at < PAUSE_SECONDS:
                raise DatabaseUnavailable("the lease could not be renewed", self._failed_because)
            self._renew()
        finally:
            self._renewing.release()

    def records(self) -> int:
        """How many records are cached."""
        return len(self._epoch.keys)

    def lease_age(self) -> float | None:
        """Seconds since the last renewal; the lease is renewed only while keys are verified. None: there was none."""
        age = self._now() - self._renewed_at
        return None if age == float("inf") else age

    def _counter(self) -> tuple[int, int]:
        """The revocation counter, and how often the timeline had changed before and after it was read: in between, the
        connection that read it may have led to an earlier primary."""
        while True:
            before, revision = self._source.timeline_changes(), self._source.revision()
            if self._source.timeline_changes() == before:
                return revision, before

    def _renew(self) -> None:
        timed, began, epoch = perf_counter(), self._now(), self._epoch
        try:
            revision, changes = self._counter()
            if epoch.revision < 0 or revision < epoch.revision or changes != epoch.timeline_changes:
                # The first renewal; or the database was replaced by another one.
                if epoch.revision >= 0:
                    _tell_of_another_database(epoch.revision, revision)
                self._epoch = _Epoch(revision, changes)
            elif revision > epoch.revision:
                organizations = self._source.changed_after(epoch.revision)
                if len(epoch.changed) + len(organizations) > MAX_CHANGED:
                    self._epoch = _Epoch(revision, changes)
                else:
                    epoch.changed.update(dict.fromkeys(organizations, revision))
                    epoch.revision = revision
        except DATABASE_UNAVAILABLE as error:
            self._failed_because = reason_of(error)
            self._failed_at = self._now()
            self.renewals.add("failed", perf_counter() - timed)
            raise
        self._renewed_at = began
        self.renewals.add("ok", perf_counter() - timed)


def _tell_of_another_database(before: int, revision: int) -> None:
    if revision < before:
        log.error("the database has lost commits, revokes perhaps: its counter fell from %d to %d", before, revision)
    else:
        log.error(
            "PostgreSQL is on another timeline than before, after a failover or a restore: commits, revokes perhaps,"
            " may be lost; cached keys are read anew (the revocation counter was %d and is %d)",
            before,
            revision,
        )


def _make_room(keys: dict[bytes, CachedKey]) -> None:
    """Drops the records that were cached first."""
    try:
        oldest = list(islice(keys, DROPPED_AT_ONCE))
    except RuntimeError:
        return  # another thread changes the dict; the next read tries again
    for digest in oldest:
        keys.pop(digest, None)
