"""From which addresses each key was let through and refused, by day. Written when usage is flushed, not by requests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Executable,
    Select,
    String,
    and_,
    case,
    column,
    delete,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db
from app.store import bulk_writes
from app.store.column_types import UtcTime
from app.store.organizations import Organization
from app.store.upsert import insert

#: Addresses that are noted for a key, a day and an outcome. Refused requests take no place of those let through.
MOST_A_DAY = 100


class KeyAddress(Base):
    """Stored as `usage_hour` is, and for the same reasons. Days and hours are those of UTC."""

    __tablename__ = "key_address"
    __table_args__ = {"sqlite_with_rowid": False}

    org_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    key_id: Mapped[str] = mapped_column(primary_key=True)
    let_through: Mapped[bool] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    #: When the first and the last hour with such a request began.
    first_hour: Mapped[datetime] = mapped_column(UtcTime)
    last_hour: Mapped[datetime] = mapped_column(UtcTime)


class SeenAddress(NamedTuple):
    address: str
    let_through: bool
    first_hour: datetime
    last_hour: datetime


#: The columns of what is noted; times are in microseconds since 1970.
NOTED = (
    column("org_id", String),
    column("day", BigInteger),
    column("key_id", String),
    column("let_through", Boolean),
    column("address", String),
    column("first_hour", BigInteger),
    column("last_hour", BigInteger),
)


def note(seen: list[Any]) -> None:
    """Notes addresses, or that they were seen in further hours. `seen` are the values of the columns `NOTED`, row by
    row, with at most one row for each day, key, outcome and address. A day with `MOST_A_DAY` gets no further ones; the
    rows of one call do not count each other."""
    bulk_writes.execute(_noted, NOTED, seen)


def _noted(rows: Select[Any]) -> Executable:
    given = rows.subquery()
    org_id, day, key_id, let_through, address, _, _ = given.c
    of_the_day = and_(
        KeyAddress.org_id == org_id,
        KeyAddress.day == day,
        KeyAddress.key_id == key_id,
        KeyAddress.let_through == let_through,
    )
    number = select(func.count()).select_from(KeyAddress).where(of_the_day).correlate(given).scalar_subquery()
    is_there = exists().where(of_the_day, KeyAddress.address == address).correlate(given)
    table: Any = KeyAddress.__table__
    statement = insert(table).from_select(
        [column.name for column in NOTED], select(given).where(or_(is_there, number < MOST_A_DAY))
    )
    first, last = statement.excluded.first_hour, statement.excluded.last_hour
    is_earlier, is_later = first < table.c.first_hour, last > table.c.last_hour
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=list(table.primary_key.columns),
        set_={
            "first_hour": case((is_earlier, first), else_=table.c.first_hour),
            "last_hour": case((is_later, last), else_=table.c.last_hour),
        },
        where=or_(is_earlier, is_later),
    )


def of_key(org_id: str, key_id: str, days: Sequence[datetime], limit: int) -> Sequence[SeenAddress]:
    """The addresses of these days, midnights, those seen last first."""
    last = func.max(KeyAddress.last_hour)
    rows = db.session.execute(
        select(KeyAddress.address, KeyAddress.let_through, func.min(KeyAddress.first_hour), last)
        .where(_of_days(org_id, key_id, days))
        .group_by(KeyAddress.address, KeyAddress.let_through)
        .order_by(last.desc(), KeyAddress.let_through.desc(), KeyAddress.address)
        .limit(limit)
    )
    return [SeenAddress(*row) for row in rows]


def has_full_day(org_id: str, key_id: str, days: Sequence[datetime]) -> bool:
    """Whether there may have been further addresses on one of these days, midnights."""
    full = (
        select(KeyAddress.day)
        .where(_of_days(org_id, key_id, days))
        .group_by(KeyAddress.day, KeyAddress.let_through)
        .having(func.count() >= MOST_A_DAY)
    )
    return db.session.scalar(full.limit(1)) is not None


def _of_days(org_id: str, key_id: str, days: Sequence[datetime]) -> Any:
    return and_(KeyAddress.org_id == org_id, KeyAddress.day.in_(days), KeyAddress.key_id == key_id)


def prune(before: datetime) -> None:
    """`before`: a midnight."""
    # By organization, because that is the order in which rows are stored.
    old = and_(KeyAddress.org_id.in_(select(Organization.id)), KeyAddress.day < before)
    db.session.execute(delete(KeyAddress).where(old))
