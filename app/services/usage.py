"""Usage: gathered in memory while requests are answered, written once a second and at stop.

A process that is killed outright loses at most what it gathered since the last flush.
"""

from collections import Counter
from datetime import UTC, datetime
from threading import Lock

from app.domain.paging import Page
from app.domain.verification import KeyRecord, Outcome
from app.store import api_keys, installs, sessions, usage
from app.store.transaction import transaction
from app.store.usage import UsageHour

#: When, from where and by what.
LastUse = tuple[datetime, str | None, str | None]


class UsageRecorder:
    """Counts of one process. Safe to call from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: dict[tuple[KeyRecord, Outcome, int], int] = {}
        self._keys_used: dict[str, LastUse] = {}
        self._sessions_seen: dict[str, datetime] = {}
        self._installs_seen: dict[str, datetime] = {}

    def key_used(
        self, record: KeyRecord, outcome: Outcome, now: datetime, address: str | None = None, agent: str | None = None
    ) -> None:
        """`address` and `agent`: from where and by what."""
        if record.is_install:
            if outcome is Outcome.VALID:
                self.install_seen(record.key_id, now)
            return
        counted = record, outcome, now.toordinal() * 24 + now.hour
        with self._lock:
            self._requests[counted] = self._requests.get(counted, 0) + 1
            if outcome is Outcome.VALID:
                self._keys_used[record.key_id] = now, address, agent

    def session_seen(self, session_id: str, now: datetime) -> None:
        with self._lock:
            self._sessions_seen[session_id] = now

    def install_seen(self, install_id: str, now: datetime) -> None:
        with self._lock:
            self._installs_seen[install_id] = now

    def flush(self) -> None:
        """Writes what was gathered; when that fails it is kept for the next time."""
        with self._lock:
            requests, self._requests = self._requests, {}
            keys, self._keys_used = self._keys_used, {}
            seen, self._sessions_seen = self._sessions_seen, {}
            called, self._installs_seen = self._installs_seen, {}
        if not (requests or keys or seen or called):
            return
        try:
            with transaction():
                # Sorted, so that two processes that flush at once lock rows in the same order.
                for (org_id, key_id, hour, outcome), count in sorted(_by_key(requests).items()):
                    usage.add(org_id, key_id, _hour(hour), outcome, count)
                for key_id, (at, address, agent) in sorted(keys.items()):
                    api_keys.mark_used(key_id, at, address, agent and agent[:300])
                for session_id, at in sorted(seen.items()):
                    sessions.mark_seen(session_id, at)
                for install_id, at in sorted(called.items()):
                    installs.mark_seen(install_id, at)
        except BaseException:
            with self._lock:
                for counted, count in requests.items():
                    self._requests[counted] = self._requests.get(counted, 0) + count
                self._keys_used = keys | self._keys_used
                self._sessions_seen = seen | self._sessions_seen
                self._installs_seen = called | self._installs_seen
            raise


def _by_key(requests: dict[tuple[KeyRecord, Outcome, int], int]) -> Counter[tuple[str, str, int, str]]:
    """One key may have been counted under several records of it."""
    summed: Counter[tuple[str, str, int, str]] = Counter()
    for (record, outcome, hour), count in requests.items():
        summed[record.org_id, record.key_id, hour, outcome.value] += count
    return summed


def _hour(number: int) -> datetime:
    days, hour = divmod(number, 24)
    return datetime.fromordinal(days).replace(hour=hour, tzinfo=UTC)


def page(org_id: str, *, limit: int, cursor: str | None, key_id: str | None) -> Page[UsageHour]:
    """Requests by hour, key and outcome, newest hour first."""
    return usage.page(org_id, limit=limit, cursor=cursor, key_id=key_id)
