"""Usage: counted in memory by requests, written to the database once a second and at stop.

A process that is killed loses at most what it counted since the last flush.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter
from threading import Lock
from time import monotonic
from typing import Any

from app.domain.key_verification import KeyRecord, Outcome
from app.domain.paging import Page
from app.domain.shown_text import shown
from app.services.counters import Timed
from app.services.key_addresses import NotedAddresses, Sighting, noted_values
from app.store import install_id_credentials, key_addresses, last_uses, sessions, usage, usage_totals
from app.store.column_types import to_microseconds
from app.store.key_addresses import MOST_A_DAY
from app.store.transaction import take_turns, transaction
from app.store.usage import UsageHour

#: How often counts are written to the database, in seconds.
FLUSH_SECONDS = 1.0
_VALID = Outcome.VALID
#: The first hour of 1970 as `key_used` numbers hours; the microseconds in an hour.
_EPOCH_HOUR, _HOUR = date(1970, 1, 1).toordinal() * 24, 3_600_000_000
_ORG_ID = attrgetter("record.org_id")
#: How long an hour is over before it is folded: almost nothing is flushed for it any more.
_SETTLED = timedelta(minutes=2)


@dataclass(slots=True)
class _Requests:
    """How many requests one key made with one outcome in one hour, and the last of them."""

    record: KeyRecord
    count: int
    at: datetime
    address: str | None
    agent: str | None
    needs: str | None
    #: Where earlier ones came from, if not all from `address`.
    other_addresses: set[str] | None = None

    def note(self, address: str | None) -> None:
        """An address beside the last one. Allocates nothing for those that are noted already."""
        if address is None:
            return
        if self.other_addresses is None:
            self.other_addresses = set()
        if len(self.other_addresses) < MOST_A_DAY:
            self.other_addresses.add(address)

    def merge(self, before: "_Requests") -> None:
        """Adds what came before."""
        self.count += before.count
        self.note(before.address)
        for address in before.other_addresses or ():
            self.note(address)


#: By outcome and hour, then by key.
_Gathered = dict[tuple[str, int], dict[str, _Requests]]


class UsageRecorder:
    """The counts of one process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: _Gathered = {}
        self._sessions_seen: dict[str, datetime] = {}
        self._installs_seen: dict[str, datetime] = {}
        self._noted = NotedAddresses()
        self._waiting_since = monotonic()
        self.flushes = Timed("ok")

    def key_used(  # noqa: PLR0917 -- keyword arguments are slower
        self,
        record: KeyRecord,
        outcome: str,
        now: datetime,
        address: str | None = None,
        agent: str | None = None,
        needs: str | None = None,
    ) -> None:
        """Counts a verification. `outcome`: an `Outcome`, or `ROUTE_NOT_LISTED`. `address` and `agent`: the IP address
        and User-Agent of the key's user. `needs`: what a refused request needed, a scope or a route."""
        if record.is_install:
            if outcome is _VALID:
                self.install_seen(record.key_id, now)
            return
        counted, key_id = (outcome, now.toordinal() * 24 + now.hour), record.key_id
        with self._lock:
            by_key = self._requests.get(counted)
            if by_key is None:
                by_key = self._requests[counted] = {}
            requests = by_key.get(key_id)
            if requests is None:
                by_key[key_id] = _Requests(record, 1, now, address, agent, needs)
            else:
                requests.count += 1
                requests.at = now
                if address != requests.address:
                    requests.note(requests.address)
                    requests.address = address
                requests.agent = agent
                if needs is not None:
                    requests.needs = needs

    def session_seen(self, session_id: str, now: datetime) -> None:
        with self._lock:
            self._sessions_seen[session_id] = now

    def install_seen(self, install_id: str, now: datetime) -> None:
        with self._lock:
            self._installs_seen[install_id] = now

    def backlog(self) -> tuple[int, float]:
        """How many counts (of a key, an outcome and an hour) are not written, and for how many seconds at most."""
        with self._lock:
            waiting = sum(map(len, self._requests.values()))
            return waiting, monotonic() - self._waiting_since if waiting else 0.0

    def flush(self) -> None:
        """Writes the counts; if that fails, they are kept for the next flush."""
        began = monotonic()
        with self._lock:
            requests, self._requests = self._requests, {}
            seen, self._sessions_seen = self._sessions_seen, {}
            called, self._installs_seen = self._installs_seen, {}
        if not (requests or seen or called):
            self._waiting_since = began
            return
        try:
            addresses = self._noted.new(_sightings(requests))
            with transaction():
                # Two processes that flush at the same time could deadlock on each other's rows.
                take_turns("usage")
                counts = _counts(requests)
                usage.add(counts)
                usage_totals.add_late(counts)
                last_uses.mark(_uses(requests))
                last_uses.mark_refused(_refused_uses(requests))
                key_addresses.note(noted_values(addresses))
                for session_id, at in sorted(seen.items()):
                    sessions.mark_seen(session_id, at)
                for install_id, at in sorted(called.items()):
                    install_id_credentials.mark_seen(install_id, at)
        except BaseException:
            with self._lock:
                for counted, by_key in requests.items():
                    for key_id, before in by_key.items():
                        since = self._requests.setdefault(counted, {}).setdefault(key_id, before)
                        if since is not before:
                            since.merge(before)
                self._sessions_seen = seen | self._sessions_seen
                self._installs_seen = called | self._installs_seen
            self.flushes.add("failed", monotonic() - began)
            raise
        self._waiting_since = began
        self.flushes.add("ok", monotonic() - began)
        self._noted.remember(addresses)


def _together(requests: Iterable[_Requests]) -> list[_Requests]:
    """In the order of organizations, as the tables are: a database takes several times as long for scattered rows."""
    return sorted(requests, key=_ORG_ID)


def _counts(requests: _Gathered) -> list[Any]:
    """The values of the columns `usage.COUNTED`, row by row."""
    values: list[Any] = []
    for (outcome, hour), by_key in requests.items():
        at = (hour - _EPOCH_HOUR) * _HOUR
        for counted in _together(by_key.values()):
            values += counted.record.org_id, at, counted.record.key_id, str(outcome), counted.count
    return values


def _uses(requests: _Gathered) -> list[Any]:
    """The last accepted request of each key: the values of the columns `last_uses.USED`, row by row."""
    last: dict[str, _Requests] = {}
    for (outcome, _), by_key in sorted(requests.items()):
        if outcome is _VALID:
            last |= by_key
    values: list[Any] = []
    for use in _together(last.values()):
        record = use.record
        values += record.org_id, record.key_id, to_microseconds(use.at), shown(use.address, 64), shown(use.agent, 300)
    return values


def _refused_uses(requests: _Gathered) -> list[Any]:
    """The last refused request of each key: the values of the columns `last_uses.REFUSED`, row by row."""
    last: dict[str, tuple[_Requests, str]] = {}
    for (outcome, _), by_key in requests.items():
        if outcome is _VALID:
            continue
        for key_id, use in by_key.items():
            if key_id not in last or last[key_id][0].at < use.at:
                last[key_id] = use, str(outcome)
    values: list[Any] = []
    for use, outcome in sorted(last.values(), key=lambda found: found[0].record.org_id):
        record, at = use.record, to_microseconds(use.at)
        values += record.org_id, record.key_id, at, shown(use.address, 64), shown(use.agent, 300)
        values += outcome, shown(use.needs, 300)
    return values


def _sightings(requests: _Gathered) -> Iterator[Sighting]:
    for (outcome, hour), by_key in requests.items():
        let_through, at = outcome is _VALID, (hour - _EPOCH_HOUR) * _HOUR
        for key_id, seen in by_key.items():
            org_id = seen.record.org_id
            if seen.address is not None:
                yield org_id, at, key_id, let_through, seen.address
            for address in seen.other_addresses or ():
                yield org_id, at, key_id, let_through, address


def fold(now: datetime) -> None:
    """Adds the hours that are over to the sums that pages read, each in a transaction of its own."""
    while _fold_next_hour(now - _SETTLED):
        pass
    today = usage_totals.day_of(now)
    for org_id in usage_totals.organizations_to_sum(today):
        with transaction():
            take_turns("usage")
            usage_totals.sum_keys(org_id, today)


def _fold_next_hour(before: datetime) -> bool:
    with transaction():
        # No flush meanwhile: what it adds to this hour would be missing in the sums, or in them twice.
        take_turns("usage")
        return usage_totals.fold_next_hour(before)


def prune(before: datetime) -> None:
    """Deletes what was counted before a midnight: whole days, so that the sums of a day are always those of its
    hours."""
    # In transactions of their own: on SQLite other writers wait for them, and there may be many rows to delete.
    with transaction():
        usage.prune(before)
    with transaction():
        usage_totals.prune(before)
    with transaction():
        key_addresses.prune(before)


@dataclass(frozen=True, slots=True)
class Week:
    """A key's requests on the last seven days, oldest first: how many were let through, and how many refused."""

    days: tuple[tuple[int, int], ...]

    @property
    def let_through(self) -> int:
        return sum(let_through for let_through, _ in self.days)

    @property
    def refused(self) -> int:
        return sum(refused for _, refused in self.days)


@dataclass(frozen=True, slots=True)
class Day:
    day: datetime
    let_through: int
    refused: int


def days_of(org_id: str, key_id: str, now: datetime, number: int) -> list[Day]:
    """The last days on which the key was used, oldest first; today, in UTC, is the last one."""
    today = usage_totals.day_of(now)
    days = {today - timedelta(days=back): [0, 0] for back in range(number - 1, -1, -1)}
    for row in usage_totals.of_keys(org_id, [key_id], list(days)):
        days[row.day][row.outcome != _VALID] += row.requests
    return [Day(day, let_through, refused) for day, (let_through, refused) in days.items() if let_through + refused]


def weeks(org_id: str, key_ids: Iterable[str], now: datetime) -> dict[str, Week]:
    """The last seven days of each of these keys; today, in UTC, is the last one."""
    wanted, today = list(key_ids), usage_totals.day_of(now)
    days = [today - timedelta(days=back) for back in range(6, -1, -1)]
    counts: dict[str, dict[datetime, list[int]]] = {key_id: {day: [0, 0] for day in days} for key_id in wanted}
    for row in usage_totals.of_keys(org_id, wanted, days):
        counts[row.key_id][row.day][row.outcome != _VALID] += row.requests
    return {
        key_id: Week(tuple((let_through, refused) for let_through, refused in by_day.values()))
        for key_id, by_day in counts.items()
    }


def let_through_since(org_id: str, key_id: str, since: datetime) -> int:
    """How many of the key's requests were let through from the hour of `since` on."""
    return usage.total(org_id, key_id, _VALID.value, since)


def page(org_id: str, *, limit: int, cursor: str | None, key_id: str | None) -> Page[UsageHour]:
    """A page of the requests by hour, key and outcome, newest hour first. Raises `ValidationFailed` for an invalid
    cursor."""
    return usage.page(org_id, limit=limit, cursor=cursor, key_id=key_id)
