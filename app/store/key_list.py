"""The list of an organization's keys: sorted, page by page in both directions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Select,
    and_,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.domain import paging
from app.extensions import db
from app.store.column_types import UtcTime, from_microseconds, to_microseconds
from app.store.key_conditions import (
    Condition,
    KeyFilter,
    conditions,
    people_of,
)
from app.store.keys import LISTED, ApiKey, ListedKey, works
from app.store.last_uses import LastUse
from app.store.memberships import Membership
from app.store.people import Person

#: Numbers of keys are exact up to here.
COUNTED_TO = 10_000
#: The number of those that have ended, beside others, is exact up to here.
ENDED_COUNTED_TO = 100
#: How many keys an export reads at a time.
_READ_TOGETHER = 500
#: Of so many uses, the first ones in the order “used last”, the keys are looked at before those of all uses are.
_USES_TRIED = 500


class Position(NamedTuple):
    """Where a page begins or ends: the place in the list, and the key there."""

    forward: int
    part: int
    #: How many keys come before the page that begins here, or before the end of the one that ends here.
    place: int
    value: int
    key_id: str


@dataclass(frozen=True, slots=True)
class KeyPage:
    items: Sequence[ListedKey]
    #: The place of the first one, from 0.
    first: int
    newer: str | None
    older: str | None


class _Part(NamedTuple):
    """A part of a list: keys with a value to sort by come before those without."""

    column: Any
    descending: bool
    #: Makes the query for this part from the one for the IDs of all keys that are wanted.
    of: Callable[[str, Select[Any]], Select[Any]] = lambda _org, query: query
    key_id: Any = ApiKey.id


def _used(org_id: str, query: Select[Any]) -> Select[Any]:
    """From the uses to their keys, because more keys are not used than are."""
    wanted = query.where(ApiKey.org_id == LastUse.org_id, ApiKey.id == LastUse.key_id).correlate(LastUse).exists()
    return select(LastUse.key_id).where(LastUse.org_id == org_id, LastUse.at.is_not(None), wanted)


def _never_used(_org_id: str, query: Select[Any]) -> Select[Any]:
    use = aliased(LastUse)
    return query.where(~exists().where(use.org_id == ApiKey.org_id, use.key_id == ApiKey.id, use.at.is_not(None)))


#: The orders of the list.
SORTS: dict[str, tuple[_Part, ...]] = {
    "created": (_Part(ApiKey.created_at, descending=True),),
    "name": (_Part(ApiKey.name_folded, descending=False),),
    "expires": (
        _Part(ApiKey.expires_at, False, lambda _org, query: query.where(ApiKey.expires_at.is_not(None))),
        _Part(ApiKey.created_at, True, lambda _org, query: query.where(ApiKey.expires_at.is_(None))),
    ),
    "used": (
        _Part(LastUse.at, True, _used, LastUse.key_id),
        _Part(ApiKey.created_at, True, _never_used),
    ),
}


def count(org_id: str, wanted: KeyFilter, now: datetime) -> int:
    """How many keys there are; `COUNTED_TO + 1` if there are more than that."""
    return _count(conditions(org_id, wanted, now), COUNTED_TO)


def count_ended(org_id: str, wanted: KeyFilter, now: datetime) -> int:
    """How many of them have expired or were revoked; `ENDED_COUNTED_TO + 1` if there are more than that."""
    return _count([*conditions(org_id, wanted, now), not_(works(now))], ENDED_COUNTED_TO)


def _count(where: Sequence[Condition], up_to: int) -> int:
    some = select(literal(1)).select_from(ApiKey).where(*where).limit(up_to + 1)
    return db.session.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def page(org_id: str, wanted: KeyFilter, sort: str, now: datetime, *, limit: int, cursor: str | None) -> KeyPage:
    """A page of the keys. `sort`: a name of `SORTS`. Raises `ValidationFailed` for an invalid cursor."""
    position = _position(cursor, len(SORTS[sort]))
    backward = position is not None and not position.forward
    query = select(ApiKey.id).where(*conditions(org_id, wanted, now))
    rows = _rows(org_id, query, SORTS[sort], position, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    if backward:
        rows.reverse()
    first = max(0, position.place - (len(rows) if backward else 0)) if position else 0
    has_newer = more if backward else first > 0
    has_older = (True if backward else more) and bool(rows)
    return KeyPage(
        [listed for listed, _ in rows],
        first,
        _cursor(SORTS[sort], rows[0], 0, first) if has_newer and rows else None,
        _cursor(SORTS[sort], rows[-1], 1, first + len(rows)) if has_older else None,
    )


def every(org_id: str, wanted: KeyFilter, sort: str, now: datetime) -> Iterator[ListedKey]:
    """All of them in the order of the list, read while they are consumed. `sort`: a name of `SORTS`."""
    query = select(ApiKey.id).where(*conditions(org_id, wanted, now))
    # From the last part to the first: a key that is used for the first time meanwhile is then in both instead of in
    # neither, and taken once.
    parts = [db.session.scalars(_in_order(org_id, query, part)).all() for part in reversed(SORTS[sort])]
    ids = list(dict.fromkeys(key_id for part in reversed(parts) for key_id in part))
    for start in range(0, len(ids), _READ_TOGETHER):
        some = ids[start : start + _READ_TOGETHER]
        listed = _listed(some)
        yield from (listed[key_id] for key_id in some if key_id in listed)


def creators(org_id: str) -> Sequence[tuple[str, str]]:
    """ID and email address of everybody who created a key, members or not, by address."""
    return _people(org_id, "created_by")


def owners(org_id: str) -> Sequence[tuple[str, str]]:
    """ID and email address of everybody to whom a key belongs, members or not, by address."""
    return _people(org_id, "owner_id")


def owner_named(org_id: str, id_or_email: str) -> str | None:
    """The ID of the person with this ID or email address, if they are a member or a key belongs to them."""
    return _person_named(org_id, id_or_email, ApiKey.owner_id)


def creator_named(org_id: str, id_or_email: str) -> str | None:
    """The ID of the person with this ID or email address, if they are a member or created a key."""
    return _person_named(org_id, id_or_email, ApiKey.created_by)


def _person_named(org_id: str, id_or_email: str, column: InstrumentedAttribute[str | None]) -> str | None:
    is_member = exists().where(Membership.org_id == org_id, Membership.person_id == Person.id)
    has_key = exists().where(ApiKey.org_id == org_id, column == Person.id)
    is_named = or_(Person.id == id_or_email, Person.email == id_or_email)
    return db.session.scalar(select(Person.id).where(is_named, or_(is_member, has_key)))


def _people(org_id: str, column: str) -> Sequence[tuple[str, str]]:
    ids = select(people_of(org_id, column).c.id)
    rows = db.session.execute(
        select(Person.id, Person.email).where(Person.id.in_(ids)).order_by(Person.email).limit(200)
    )
    return [(id_, email) for id_, email in rows]


def _rows(
    org_id: str, query: Select[Any], parts: Sequence[_Part], position: Position | None, limit: int
) -> list[tuple[ListedKey, int]]:
    """Up to `limit` keys from the position on, each with the number of its part; in the opposite order if the position
    leads backward."""
    forward = position is None or bool(position.forward)
    numbers = range(position.part if position else 0, len(parts)) if forward else range(_part(position), -1, -1)
    rows: list[tuple[ListedKey, int]] = []
    for number in numbers:
        part = parts[number]
        descending = part.descending is forward
        here = position if position and number == position.part else None
        beyond = [_beyond(org_id, part, here, descending=descending)] if here else []
        ids = _first(org_id, query, part, beyond, descending=descending, limit=limit - len(rows))
        listed = _listed(ids)
        rows += [(listed[key_id], number) for key_id in ids]
        if len(rows) >= limit:
            break
    return rows


def _first(
    org_id: str, query: Select[Any], part: _Part, beyond: Sequence[Condition], *, descending: bool, limit: int
) -> Sequence[str]:
    """The IDs of the first keys in this part, in the order that is asked for."""
    if part.column is LastUse.at:
        ids = db.session.scalars(_used_recently(org_id, query, part, beyond, descending=descending).limit(limit)).all()
        if len(ids) == limit:
            return ids
    found = part.of(org_id, query).where(*beyond).order_by(*_order(part, descending=descending))
    return db.session.scalars(found.limit(limit)).all()


def _used_recently(
    org_id: str, query: Select[Any], part: _Part, beyond: Sequence[Condition], *, descending: bool
) -> Select[Any]:
    """Those of the first few uses: to read and sort all uses takes a tenth of the time that it takes to look at the key
    of each."""
    uses = select(LastUse.key_id, LastUse.at).where(LastUse.org_id == org_id, LastUse.at.is_not(None), *beyond)
    first = uses.order_by(*_order(part, descending=descending)).limit(_USES_TRIED).subquery()
    wanted = query.where(ApiKey.id == first.c.key_id).correlate(first).exists()
    order = [one.desc() if descending else one.asc() for one in (first.c.at, first.c.key_id)]
    return select(first.c.key_id).where(wanted).order_by(*order)


def _in_order(org_id: str, query: Select[Any], part: _Part) -> Select[Any]:
    """The IDs of the keys in this part, as the list has them."""
    return part.of(org_id, query).order_by(*_order(part, descending=part.descending))


def _order(part: _Part, *, descending: bool) -> list[Any]:
    return [one.desc() if descending else one.asc() for one in (part.column, part.key_id)]


def _listed(ids: Sequence[str]) -> dict[str, ListedKey]:
    """What a list shows of these keys. Only once they are chosen: joins for each key that is only looked at would take
    most of the time."""
    return {row[0].id: ListedKey(*row) for row in db.session.execute(LISTED.where(ApiKey.id.in_(ids)))}


def _part(position: Position | None) -> int:
    return position.part if position else 0


def _beyond(org_id: str, part: _Part, position: Position, *, descending: bool) -> Condition:
    """The condition for rows after the position, in the order that is asked for."""
    if isinstance(part.column.type, UtcTime):
        value: Any = literal(from_microseconds(position.value), UtcTime)
    else:
        # Names do not go into cursors, which are short and ASCII.
        there = aliased(ApiKey)
        # Of this organization only: somebody else's name would show in which keys come after it.
        named = and_(there.org_id == org_id, there.id == position.key_id)
        value = select(there.name_folded).where(named).scalar_subquery()
    at, row = tuple_(value, literal(position.key_id)), tuple_(part.column, part.key_id)
    return row < at if descending else row > at


def _position(cursor: str | None, parts: int) -> Position | None:
    decoded = paging.decode(cursor, int, int, int, int, str)
    if decoded is None:
        return None
    forward, part, place, value, key_id = decoded
    if int(part) >= parts:
        raise paging.foreign()
    return Position(int(forward), int(part), int(place), int(value), str(key_id))


def _cursor(parts: Sequence[_Part], row: tuple[ListedKey, int], forward: int, place: int) -> str:
    listed, number = row
    column = parts[number].column
    value = getattr(listed.last_use if column is LastUse.at else listed.key, column.key)
    return paging.encode(
        (forward, number, place, to_microseconds(value) if isinstance(value, datetime) else 0, listed.key.id)
    )
