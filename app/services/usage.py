"""Usage that was written: folded into sums, read by pages, forgotten after a while."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.key_verification import Outcome
from app.domain.paging import Page
from app.store import key_addresses, usage, usage_totals
from app.store.transaction import take_turns, transaction
from app.store.usage import UsageHour

#: How long an hour is over before it is folded: almost nothing is flushed for it any more.
_SETTLED = timedelta(minutes=2)


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
        days[row.day][row.outcome != Outcome.VALID] += row.requests
    return [Day(day, let_through, refused) for day, (let_through, refused) in days.items() if let_through + refused]


def weeks(org_id: str, key_ids: Iterable[str], now: datetime) -> dict[str, Week]:
    """The last seven days of each of these keys; today, in UTC, is the last one."""
    wanted, today = list(key_ids), usage_totals.day_of(now)
    days = [today - timedelta(days=back) for back in range(6, -1, -1)]
    counts: dict[str, dict[datetime, list[int]]] = {key_id: {day: [0, 0] for day in days} for key_id in wanted}
    for row in usage_totals.of_keys(org_id, wanted, days):
        counts[row.key_id][row.day][row.outcome != Outcome.VALID] += row.requests
    return {
        key_id: Week(tuple((let_through, refused) for let_through, refused in by_day.values()))
        for key_id, by_day in counts.items()
    }


def let_through_since(org_id: str, key_id: str, since: datetime) -> int:
    """How many of the key's requests were let through from the hour of `since` on."""
    return usage.total(org_id, key_id, Outcome.VALID.value, since)


def page(org_id: str, *, limit: int, cursor: str | None, key_id: str | None) -> Page[UsageHour]:
    """A page of the requests by hour, key and outcome, newest hour first. Raises `ValidationFailed` for an invalid
    cursor."""
    return usage.page(org_id, limit=limit, cursor=cursor, key_id=key_id)
