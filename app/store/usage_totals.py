"""Sums of `usage_hour` that pages read: by key and day, by organization and hour, and by key for a week and a month.

Hours that are over are folded into them by housekeeping (`fold_next_hour`); the hours since are read from `usage_hour`.
What is flushed late, for an hour that was folded already, is added to the sums in the same transaction.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    String,
    and_,
    case,
    column,
    delete,
    exists,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db
from app.store import bulk_writes
from app.store.column_types import UtcTime, from_microseconds, to_microseconds
from app.store.organizations import Organization
from app.store.transaction import require_transaction
from app.store.upsert import insert
from app.store.usage import COUNTED, UsageHour

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
#: The whole days before today in the sums of `UsageKeySum`.
_WEEK, _MONTH = 6 * _DAY, 29 * _DAY
_DAY_IN_MICROSECONDS = 86_400_000_000


class UsageKeyDay(Base):
    """Stored as `usage_hour` is, and for the same reasons. Days are those of UTC."""

    __tablename__ = "usage_key_day"
    __table_args__ = {"sqlite_with_rowid": False}

    org_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    key_id: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)


class UsageOrgHour(Base):
    __tablename__ = "usage_org_hour"
    __table_args__ = {"sqlite_with_rowid": False}

    org_id: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)


class UsageKeySum(Base):
    """The requests of a key on whole days before `until`, a midnight: six days and 29, which are a week and a month
    with the day that begins then. Keys are ranked by it, because adding up the days takes most of the time of a page.
    Housekeeping makes it anew every day (`sum_keys`); until then, days are added up."""

    __tablename__ = "usage_key_sum"
    __table_args__ = {"sqlite_with_rowid": False}

    org_id: Mapped[str] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcTime)
    of_week: Mapped[int] = mapped_column(BigInteger)
    of_month: Mapped[int] = mapped_column(BigInteger)


class UsageFold(Base):
    """One row: every hour before `folded_until` is in the sums, and no later one."""

    __tablename__ = "usage_fold"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    folded_until: Mapped[datetime] = mapped_column(UtcTime)


class Requests(NamedTuple):
    """How many requests had an outcome on a day, or in an hour, that begins `at`."""

    at: datetime
    outcome: str
    requests: int


class KeyRequests(NamedTuple):
    key_id: str
    day: datetime
    outcome: str
    requests: int


#: The columns of sums; times are in microseconds since 1970.
_KEY_DAY = (
    column("org_id", String),
    column("day", BigInteger),
    column("key_id", String),
    column("outcome", String),
    column("requests", BigInteger),
)
_ORG_HOUR = (
    column("org_id", String),
    column("hour", BigInteger),
    column("outcome", String),
    column("requests", BigInteger),
)


def day_of(at: datetime) -> datetime:
    """Midnight of the day, in UTC."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def folded_until() -> datetime:
    """The hour before which everything is in the sums; 1970 if nothing is."""
    return db.session.scalar(select(UsageFold.folded_until)) or from_microseconds(0)


def fold_next_hour(before: datetime) -> bool:
    """Adds the next hour with requests to the sums, if it ended by `before`; whether there was one. In the caller's
    transaction, and in turns with flushes."""
    require_transaction()
    last = hour_of(before) - _HOUR
    hour = _next_hour(folded_until())
    if hour is None or hour > last:
        _fold_until(last + _HOUR)
        return False
    # By organization, because that is the order in which rows are stored.
    counted = and_(UsageHour.org_id.in_(select(Organization.id)), UsageHour.hour == hour)
    of_keys = select(
        UsageHour.org_id, literal(day_of(hour), UtcTime), UsageHour.key_id, UsageHour.outcome, UsageHour.requests
    )
    of_orgs = select(UsageHour.org_id, UsageHour.hour, UsageHour.outcome, func.sum(UsageHour.requests))
    db.session.execute(_key_days(of_keys.where(counted)))
    db.session.execute(_org_hours(of_orgs.where(counted).group_by(UsageHour.org_id, UsageHour.hour, UsageHour.outcome)))
    _fold_until(hour + _HOUR)
    return True


def _next_hour(since: datetime) -> datetime | None:
    """The first hour with requests, from `since` on: one look into the primary key for each organization."""
    first = (
        select(func.min(UsageHour.hour))
        .where(UsageHour.org_id == Organization.id, UsageHour.hour >= since)
        .correlate(Organization)
        .scalar_subquery()
    )
    hours = select(first.label("hour")).select_from(Organization).subquery()
    hour: datetime | None = db.session.scalar(select(func.min(hours.c.hour)))
    return hour


def _fold_until(hour: datetime) -> None:
    """Moves it forward, never back."""
    until = insert(UsageFold).values(id=1, folded_until=hour)
    db.session.execute(
        until.on_conflict_do_update(
            index_elements=["id"],
            set_={"folded_until": until.excluded.folded_until},
            where=UsageFold.__table__.c.folded_until < until.excluded.folded_until,
        )
    )


def add_late(counts: list[Any]) -> None:
    """Adds those of the counts (the values of `usage.COUNTED`, row by row) that are for hours in the sums."""
    require_transaction()
    until, width = to_microseconds(folded_until()), len(COUNTED)
    # Almost always nothing is late, and a busy second counts thousands.
    if min(counts[1::width], default=until) >= until:
        return
    key_days: Counter[tuple[str, int, str, str]] = Counter()
    org_hours: Counter[tuple[str, int, str]] = Counter()
    for start in range(0, len(counts), width):
        org_id, hour, key_id, outcome, requests = counts[start : start + width]
        if hour < until:
            key_days[org_id, hour - hour % _DAY_IN_MICROSECONDS, key_id, outcome] += requests
            org_hours[org_id, hour, outcome] += requests
    # The sums of a key are made of days that are over; housekeeping makes them anew.
    before = {org_id for org_id, day, _, _ in key_days if day < until - until % _DAY_IN_MICROSECONDS}
    if before:
        db.session.execute(delete(UsageKeySum).where(UsageKeySum.org_id.in_(before)))
    if key_days:
        bulk_writes.execute(_key_days, _KEY_DAY, _flat(key_days))
        bulk_writes.execute(_org_hours, _ORG_HOUR, _flat(org_hours))


def organizations_to_sum(today: datetime) -> Sequence[str]:
    """The IDs of those whose keys were used on the days before `today`, a midnight, and have no sums until then."""
    used = exists().where(UsageKeyDay.org_id == Organization.id, UsageKeyDay.day.between(today - _MONTH, today - _DAY))
    summed = exists().where(UsageKeySum.org_id == Organization.id, UsageKeySum.until == today)
    return db.session.scalars(select(Organization.id).where(used, ~summed).order_by(Organization.id)).all()


def sum_keys(org_id: str, today: datetime) -> None:
    """Adds up the days before `today`, a midnight, for each key of the organization, unless some of them are not in the
    sums of days yet. In the caller's transaction, and in turns with flushes."""
    require_transaction()
    if folded_until() < today:
        return
    db.session.execute(delete(UsageKeySum).where(UsageKeySum.org_id == org_id))
    of_week = func.sum(case((UsageKeyDay.day >= today - _WEEK, UsageKeyDay.requests), else_=0))
    sums = (
        select(UsageKeyDay.org_id, UsageKeyDay.key_id, literal(today, UtcTime), of_week, func.sum(UsageKeyDay.requests))
        .where(UsageKeyDay.org_id == org_id, UsageKeyDay.day.between(today - _MONTH, today - _DAY))
        .group_by(UsageKeyDay.org_id, UsageKeyDay.key_id)
        .order_by(UsageKeyDay.key_id)
    )
    names = ["org_id", "key_id", "until", "of_week", "of_month"]
    db.session.execute(insert(UsageKeySum).from_select(names, sums))


def _flat(sums: Counter[Any]) -> list[Any]:
    return [value for row, requests in sorted(sums.items()) for value in (*row, requests)]


def _key_days(rows: Any) -> Executable:
    return _added(UsageKeyDay.__table__, _KEY_DAY, rows)


def _org_hours(rows: Any) -> Executable:
    return _added(UsageOrgHour.__table__, _ORG_HOUR, rows)


def _added(table: Any, columns: Sequence[Any], rows: Any) -> Executable:
    names = [column.name for column in columns]
    # With WHERE, because SQLite would otherwise read ON CONFLICT as the ON of a join.
    statement = insert(table).from_select(names, rows)
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=names[:-1], set_={"requests": table.c.requests + statement.excluded.requests}
    )


def of_organization(org_id: str, since: datetime, *, by_day: bool = False) -> Sequence[Requests]:
    """The organization's requests by hour and outcome, from the hour of `since` on, oldest first; or by day."""
    since = hour_of(since)
    sums = select(UsageOrgHour.hour, UsageOrgHour.outcome, UsageOrgHour.requests).where(
        UsageOrgHour.org_id == org_id, UsageOrgHour.hour >= since
    )
    fresh = (
        select(UsageHour.hour, UsageHour.outcome, func.sum(UsageHour.requests))
        .where(UsageHour.org_id == org_id, not_in_sums(max(since, folded_until())))
        .group_by(UsageHour.hour, UsageHour.outcome)
    )
    both = union_all(sums, fresh).subquery()
    at = _day(both.c.hour) if by_day else both.c.hour
    added = select(at, both.c.outcome, func.sum(both.c.requests)).group_by(at, both.c.outcome)
    rows = db.session.execute(added.order_by(at, both.c.outcome))
    # Sums of large numbers are decimals on PostgreSQL.
    return [Requests(at, outcome, int(requests)) for at, outcome, requests in rows]


def not_in_sums(since: datetime) -> ColumnElement[bool]:
    """Whether an hour, from `since` on, is not in the sums. `since` is for planners, which would otherwise read every
    hour; the other bound belongs to the statement, so that a statement with both sees each hour once, however soon
    housekeeping folds the next one."""
    until = select(func.max(UsageFold.folded_until)).scalar_subquery()
    return and_(UsageHour.hour >= since, UsageHour.hour >= func.coalesce(until, 0))


def hours_not_in_sums(days: Sequence[datetime]) -> list[datetime]:
    """The hours of these days, midnights, that are not in the sums, as far as one knows before the statement."""
    return _hours(folded_until(), days)


def _day(hour: ColumnElement[datetime]) -> ColumnElement[datetime]:
    number = type_coerce(hour, BigInteger)
    return type_coerce(number - number % _DAY_IN_MICROSECONDS, UtcTime)


def of_keys(org_id: str, key_ids: Iterable[str], days: Sequence[datetime]) -> Sequence[KeyRequests]:
    """The requests of some keys by day and outcome. `days`: midnights; the last one may be today."""
    wanted, until = list(key_ids), folded_until()
    sums = select(UsageKeyDay.key_id, UsageKeyDay.day, UsageKeyDay.outcome, UsageKeyDay.requests).where(
        UsageKeyDay.org_id == org_id, UsageKeyDay.day.in_(days), UsageKeyDay.key_id.in_(wanted)
    )
    # An hour at a time, so that the keys are looked up in the primary key; as a condition for rows, the other would
    # make SQLite read all keys of these hours instead.
    fresh = case((not_in_sums(until), UsageHour.requests), else_=0)
    hours = select(UsageHour.key_id, UsageHour.hour, UsageHour.outcome, fresh).where(
        UsageHour.org_id == org_id, UsageHour.hour.in_(_hours(until, days)), UsageHour.key_id.in_(wanted)
    )
    found: Counter[tuple[str, datetime, str]] = Counter()
    for key_id, at, outcome, requests in db.session.execute(union_all(sums, hours)):
        if requests:
            found[key_id, day_of(at), outcome] += requests
    return [KeyRequests(*about, requests) for about, requests in sorted(found.items())]


def _hours(since: datetime, days: Sequence[datetime]) -> list[datetime]:
    """The hours from `since` to the end of the last day that are in `days`."""
    if not days:
        return []
    since, end = max(since, min(days)), max(days) + _DAY
    count = max(0, int((end - since) / _HOUR))
    return [hour for hour in (since + number * _HOUR for number in range(count)) if day_of(hour) in set(days)]


def prune(before: datetime) -> None:
    """`before`: a midnight."""
    organizations = select(Organization.id)
    db.session.execute(delete(UsageKeyDay).where(UsageKeyDay.org_id.in_(organizations), UsageKeyDay.day < before))
    db.session.execute(delete(UsageOrgHour).where(UsageOrgHour.org_id.in_(organizations), UsageOrgHour.hour < before))
    db.session.execute(delete(UsageKeySum).where(UsageKeySum.org_id.in_(organizations), UsageKeySum.until <= before))
