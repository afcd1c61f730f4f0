"""What pages show of usage: requests by time and outcome, and the keys with the most of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, literal, select, true, union_all

from app.domain.key_verification import Outcome
from app.domain.usage_span import Span
from app.extensions import db
from app.store import usage_totals
from app.store.keys import ApiKey
from app.store.usage import UsageHour
from app.store.usage_totals import Requests, UsageKeyDay, not_in_sums


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
    parts = _parts(span, now)
    # Materialized, because PostgreSQL would start parallel workers for a few milliseconds of work.
    summed = [part.by_key(org_id).cte().prefix_with("MATERIALIZED") for part in parts]
    sums = union_all(*(select(part) for part in summed)).subquery()
    total = func.sum(sums.c.requests).label("requests")
    top = select(sums.c.key_id, total).group_by(sums.c.key_id).order_by(total.desc(), sums.c.key_id).limit(limit)
    ranked = top.subquery()
    # Looked up for these few: to tell outcomes apart while ranking takes half as long again.
    let_through = sum((part.let_through(org_id, ranked.c.key_id) for part in parts), start=literal(0)).label(
        "let_through"
    )
    rows = db.session.execute(
        select(ApiKey.id, ApiKey.name, ApiKey.start, ApiKey.last4, let_through, ranked.c.requests)
        .join(ranked, ApiKey.id == ranked.c.key_id)
        .order_by(ranked.c.requests.desc(), ApiKey.id)
    )
    return [
        ActiveKey(row.id, row.name, row.start, row.last4, int(row.let_through), int(row.requests - row.let_through))
        for row in rows
    ]


class _Part(NamedTuple):
    """The rows of one table that count: of these hours or days, oldest first."""

    table: type[UsageHour | UsageKeyDay]
    at: Any
    moments: Sequence[datetime]
    condition: ColumnElement[bool]

    def by_key(self, org_id: str) -> Select[Any]:
        between = self.at.between(self.moments[0], self.moments[-1])
        requests: Any = func.sum(self.table.requests).label("requests")
        sums = select(self.table.key_id, requests).where(self.table.org_id == org_id, between, self.condition)
        return sums.group_by(self.table.key_id)

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


def _parts(span: Span, now: datetime) -> list[_Part]:
    steps = span.steps(now)
    if span is Span.DAY:
        # Every hour is there, folded or not.
        return [_Part(UsageHour, UsageHour.hour, steps, true())]
    days = _Part(UsageKeyDay, UsageKeyDay.day, steps, true())
    hours = usage_totals.hours_not_in_sums(steps)
    return [days, _Part(UsageHour, UsageHour.hour, hours, not_in_sums(hours[0]))] if hours else [days]
