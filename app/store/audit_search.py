"""Entries of the audit log, found by who did what, when and to what."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    bindparam,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.domain import paging
from app.extensions import db
from app.store.audit import AuditEntry, head
from app.store.column_types import to_microseconds

#: How far the clocks of two processes may be apart, in microseconds. An entry that is further out of order can be
#: missing from what a filter by time finds.
_CLOCKS_DIFFER_BY = 5 * 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are meant; without a value, all. An entry at `since` is, one at `until` is not."""

    actor: str | None = None
    target: str | None = None
    actions: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = AuditFilter()
#: Made once: a search by time asks it some forty times.
_NEXT = (
    select(AuditEntry.sequence, AuditEntry.at)
    .where(AuditEntry.org_id == bindparam("org_id"), AuditEntry.sequence >= bindparam("sequence"))
    .order_by(AuditEntry.sequence)
    .limit(1)
)


def page(org_id: str, wanted: AuditFilter = EVERYTHING, *, limit: int, cursor: str | None) -> paging.Page[AuditEntry]:
    """A page of the organization's entries, newest first. Raises `ValidationFailed` for an invalid cursor."""
    conditions = _conditions(org_id, wanted)
    after = paging.decode(cursor, int)
    if after:
        conditions.append(AuditEntry.sequence < after[0])
    query = select(AuditEntry).where(*conditions)
    if wanted.target is None and (wanted.actor or wanted.actions):
        # The newest of each action by an index, and of these the newest: with one query for all of them, the database
        # would sort a million entries, or look through them for the few that match.
        newest = [
            select(AuditEntry.sequence)
            .where(*conditions, AuditEntry.action == action)
            .order_by(AuditEntry.sequence.desc())
            .limit(limit + 1)
            .subquery()
            for action in _actions(org_id, wanted)
        ]
        if not newest:
            return paging.Page([], None)
        found = union_all(*(select(one.c.sequence) for one in newest)).subquery()
        numbers = db.session.scalars(select(found.c.sequence).order_by(found.c.sequence.desc()).limit(limit + 1)).all()
        query = select(AuditEntry).where(AuditEntry.org_id == org_id, AuditEntry.sequence.in_(numbers))
    elif wanted.actions:
        query = query.where(AuditEntry.action.in_(wanted.actions))
    rows = db.session.scalars(query.order_by(AuditEntry.sequence.desc()).limit(limit + 1)).all()
    return paging.cut(rows, limit, lambda row: (row.sequence,))


def every(org_id: str, wanted: AuditFilter) -> Iterator[AuditEntry]:
    """All of them, newest first, read while they are consumed."""
    query = select(AuditEntry).where(*_conditions(org_id, wanted))
    if wanted.actions:
        query = query.where(AuditEntry.action.in_(wanted.actions))
    rows = db.session.scalars(query.order_by(AuditEntry.sequence.desc()).execution_options(yield_per=1000))
    with closing(rows):
        yield from rows


def actors(org_id: str, *, limit: int) -> Sequence[str]:
    """Who did something in the organization, as entries name them, in the order of their names."""
    return _distinct(AuditEntry.actor, AuditEntry.org_id == org_id, limit=limit)


def _conditions(org_id: str, wanted: AuditFilter) -> list[ColumnElement[bool]]:
    """The conditions of the filter, without that on the action."""
    found: list[ColumnElement[bool]] = [AuditEntry.org_id == org_id]
    if wanted.actor is not None:
        found.append(AuditEntry.actor == wanted.actor)
    if wanted.target is not None:
        found.append(AuditEntry.target == wanted.target)
    if wanted.since is not None:
        first = _first_since(org_id, to_microseconds(wanted.since) - _CLOCKS_DIFFER_BY)
        found += [AuditEntry.sequence >= first, AuditEntry.at >= wanted.since]
    if wanted.until is not None:
        end = _first_since(org_id, to_microseconds(wanted.until) + _CLOCKS_DIFFER_BY)
        found += [AuditEntry.sequence < end, AuditEntry.at < wanted.until]
    return found


def _first_since(org_id: str, moment: int) -> int:
    """The sequence number with which the entries since `moment`, in microseconds, begin. A binary search needs no index
    by time, because entries are written in the order of time."""
    low, high = 1, head(org_id)[0] + 1
    while low < high:
        middle = (low + high) // 2
        # The next one there is, for a chain that somebody broke.
        row = db.session.execute(_NEXT, {"org_id": org_id, "sequence": middle}).one_or_none()
        if row is None or to_microseconds(row.at) >= moment:
            high = middle
        else:
            low = row.sequence + 1
    return low


def _actions(org_id: str, wanted: AuditFilter) -> Sequence[str]:
    """The actions that can be in what is wanted: all that the actor ever did, or those of the filter."""
    if wanted.actor is None:
        return wanted.actions
    done = _distinct(AuditEntry.action, AuditEntry.org_id == org_id, AuditEntry.actor == wanted.actor)
    return [action for action in done if not wanted.actions or action in wanted.actions]


def _distinct(column: InstrumentedAttribute[str], *conditions: ColumnElement[bool], limit: int = 1000) -> Sequence[str]:
    """The values of a column by which an index is ordered under these conditions. One step in the index for each
    value, where DISTINCT would read all of them."""
    least = select(func.min(column)).where(*conditions)
    values = least.with_only_columns(func.min(column).label("value")).cte(recursive=True)
    following = least.where(column > values.c.value).scalar_subquery()
    values = values.union_all(select(following).where(values.c.value.is_not(None)))
    return db.session.scalars(select(values.c.value).where(values.c.value.is_not(None)).limit(limit)).all()
