"""What pages show of usage: requests by time and outcome, and the keys with the most of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Double, case, cast, exists, func, literal, select, true, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.key_verification import Outcome
from app.domain.usage_span import Span
from app.extensions import db
from app.store import usage_totals
from app.store.column_types import UtcTime
from app.store.keys import ApiKey
from app.store.usage import UsageHour
from app.store.usage_totals import Requests, UsageKeyDay, UsageKeySum, not_in_sums

#: What the days of a span before today add up to.
_KEY_SUMS = {Span.WEEK: UsageKeySum.of_week, Span.MONTH: UsageKeySum.of_month}


class ActiveKey(NamedTuple):
    """A key as people recognize it, and how many of its requests were let through and refused."""

    id: str
    name: str
    start: str
    last4: str
    let_through: int
    refused: int


def of_organization(org_id: str, span: Span, now: datetime) -> Sequence[Requests]:
    """The organization's requests by step of the span and outcome."""
    return usage_totals.of_organization(org_id, span.steps(now)[0], by_day=span is not Span.DAY)


def of_key(org_id: str, key_id: str, span: Span, now: datetime) -> Sequence[Requests]:
    """The key's requests by step of the span and outcome."""
    steps = span.steps(now)
    if span is not Span.DAY:
        return [Requests(*row[1:]) for row in usage_totals.of_keys(org_id, [key_id], steps)]
    # An hour at a time, so that the key is looked up in the primary key.
    hours = select(UsageHour.hour, UsageHour.outcome, UsageHour.requests).where(
        UsageHour.org_id == org_id, UsageHour.hour.in_(steps), UsageHour.key_id == key_id
    )
    return [Requests(*row) for row in db.session.execute(hours)]


def most_active_keys(org_id: str, span: Span, now: datetime, *, limit: int) -> Sequence[ActiveKey]:
    """The keys with the most requests in the span, most first."""
    parts, today = _parts(span, now), usage_totals.day_of(now)
    rows = [part.rows(org_id, today) for part in parts]
    if span is not Span.DAY:
        rows.append(_in_key_sums(org_id, today, _KEY_SUMS[span]))
    # As floating-point numbers, which are exact up to 2^53: PostgreSQL makes decimals of the sums of large integers,
    # which takes half as long again.
    counted = union_all(*rows).subquery()
    total = func.sum(cast(counted.c.requests, Double)).label("requests")
    top = (
        select(counted.c.key_id, total).group_by(counted.c.key_id).order_by(total.desc(), counted.c.key_id).limit(limit)
    )
    ranked = top.subquery()
    # Looked up for these few: to tell outcomes apart while ranking takes half as long again.
    let_through = sum((part.let_through(org_id, ranked.c.key_id) for part in parts), start=literal(0)).label(
        "let_through"
    )
    found = db.session.execute(
        select(ApiKey.id, ApiKey.name, ApiKey.start, ApiKey.last4, let_through, ranked.c.requests)
        .join(ranked, ApiKey.id == ranked.c.key_id)
        .order_by(ranked.c.requests.desc(), ApiKey.id)
    )
    return [
        ActiveKey(
            row.id, row.name, row.start, row.last4, int(row.let_through), int(row.requests) - int(row.let_through)
        )
        for row in found
    ]


class _Part(NamedTuple):
    """The rows of one table that count: of these hours or days, oldest first."""

    table: type[UsageHour | UsageKeyDay]
    at: Any
    moments: Sequence[datetime]
    condition: ColumnElement[bool]

    def rows(self, org_id: str, today: datetime) -> Any:
        """Without the days that are in the sums of keys until today."""
        first: Any = literal(self.moments[0], UtcTime)
        if self.table is UsageKeyDay:
            summed = exists().where(UsageKeySum.org_id == org_id, UsageKeySum.until == today)
            first = select(case((summed, literal(today, UtcTime)), else_=first)).scalar_subquery()
        between = self.at.between(first, self.moments[-1])
        return select(self.table.key_id, self.table.requests).where(
            self.table.org_id == org_id, between, self.condition
        )

    def let_through(self, org_id: str, key_id: ColumnElement[str]) -> ColumnElement[int]:
        """The accepted requests of a key, looked up in the primary key a moment at a time: the condition stands where
        SQLite cannot take it for a range of hours to read instead."""
        counted = case((self.condition, self.table.requests), else_=0)
        query = select(func.coalesce(func.sum(counted), 0)).where(
            self.table.org_id == org_id,
            self.at.in_(self.moments),
            self.table.key_id == key_id,
            self.table.outcome == Outcome.VALID,
        )
        return query.scalar_subquery()


def _in_key_sums(org_id: str, today: datetime, requests: InstrumentedAttribute[int]) -> Any:
    return select(UsageKeySum.key_id, requests).where(
        UsageKeySum.org_id == org_id, UsageKeySum.until == today, requests > 0
    )


def _parts(span: Span, now: datetime) -> list[_Part]:
    steps = span.steps(now)
    if span is Span.DAY:
        # Every hour is there, folded or not.
        return [_Part(UsageHour, UsageHour.hour, steps, true())]
    days = _Part(UsageKeyDay, UsageKeyDay.day, steps, true())
    hours = usage_totals.hours_not_in_sums(steps)
    return [days, _Part(UsageHour, UsageHour.hour, hours, not_in_sums(hours[0]))] if hours else [days]
