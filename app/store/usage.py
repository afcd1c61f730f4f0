"""The number of requests by organization, key, hour and outcome."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Executable, Select, String, and_, column, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.domain import paging
from app.extensions import Base, db
from app.store import bulk_writes
from app.store.column_types import UtcTime, from_microseconds, to_microseconds
from app.store.keyset_pagination import before
from app.store.organizations import Organization
from app.store.upsert import insert


class UsageHour(Base):
    """Rows are stored in the order of their primary key, without other indexes and without foreign keys, because a busy
    second writes thousands. They come from records of keys, and keys are never deleted, so no reference can break."""

    __tablename__ = "usage_hour"
    __table_args__ = {"sqlite_with_rowid": False}

    org_id: Mapped[str] = mapped_column(primary_key=True)
    hour: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    key_id: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)


#: The columns of a count; `hour` is in microseconds since 1970.
COUNTED = (
    column("org_id", String),
    column("hour", BigInteger),
    column("key_id", String),
    column("outcome", String),
    column("requests", BigInteger),
)


def add(counts: list[Any]) -> None:
    """Adds to the counts. `counts` are the values of the columns `COUNTED`, row by row, with at most one row for each
    hour, key and outcome."""
    bulk_writes.execute(_added, COUNTED, counts)


def _added(rows: Select[Any]) -> Executable:
    statement = insert(UsageHour.__table__).from_select([column.name for column in COUNTED], rows)
    return statement.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["org_id", "hour", "key_id", "outcome"],
        set_={"requests": UsageHour.__table__.c.requests + statement.excluded.requests},
    )


def page(org_id: str, *, limit: int, cursor: str | None, key_id: str | None = None) -> paging.Page[UsageHour]:
    """A page of the organization's hours, newest first. Raises `ValidationFailed` for an invalid cursor."""
    order = (UsageHour.hour, UsageHour.key_id, UsageHour.outcome)
    query = select(UsageHour).where(UsageHour.org_id == org_id).order_by(*(column.desc() for column in order))
    if key_id is not None:
        query = query.where(UsageHour.key_id == key_id)
    after = paging.decode(cursor, int, str, str)
    if after:
        position = (from_microseconds(int(after[0])), str(after[1]), str(after[2]))
        query = query.where(before(order, position))
    rows: Sequence[UsageHour] = db.session.scalars(query.limit(limit + 1)).all()
    return paging.cut(rows, limit, lambda row: (to_microseconds(row.hour), row.key_id, row.outcome))


def total(org_id: str, key_id: str, outcome: str, since: datetime) -> int:
    """The key's requests with this outcome from the hour of `since` on."""
    first = since.replace(minute=0, second=0, microsecond=0)
    query = select(func.sum(UsageHour.requests)).where(
        UsageHour.org_id == org_id, UsageHour.hour >= first, UsageHour.key_id == key_id, UsageHour.outcome == outcome
    )
    return int(db.session.scalar(query) or 0)


def prune(before: datetime) -> None:
    # By organization, because that is the order in which rows are stored.
    old = and_(UsageHour.org_id.in_(select(Organization.id)), UsageHour.hour < before)
    db.session.execute(delete(UsageHour).where(old))
