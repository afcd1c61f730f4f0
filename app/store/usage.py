"""Requests by organization, key, hour and outcome."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ForeignKey, String, cast, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.domain import paging
from app.extensions import Base, db
from app.store import many
from app.store.position import before
from app.store.types import UtcTime, from_microseconds, to_microseconds


class UsageHour(Base):
    __tablename__ = "usage_hour"

    org_id: Mapped[str] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(UtcTime, primary_key=True, index=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)


class Counted(NamedTuple):
    """So many requests more of a key in an hour (in microseconds since 1970) with an outcome."""

    org_id: str
    hour: int
    key_id: str
    outcome: str
    requests: int


def add(counts: Sequence[Counted]) -> None:
    """Adds to the hours' counts, all in one go: a busy second counts thousands of keys, some of them twice, under an
    old record and a new one."""
    if not counts:
        return
    insert: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    more = many.rows(counts, org_id=String, hour=BigInteger, key_id=String, outcome=String, requests=BigInteger).c
    where = (more.org_id, more.hour, more.key_id, more.outcome)
    summed = select(*where, cast(func.sum(more.requests), BigInteger)).group_by(*where)
    statement = insert(UsageHour.__table__).from_select(list(Counted._fields), summed)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["org_id", "hour", "key_id", "outcome"],
            set_={"requests": UsageHour.__table__.c.requests + statement.excluded.requests},
        )
    )


def page(org_id: str, *, limit: int, cursor: str | None, key_id: str | None = None) -> paging.Page[UsageHour]:
    """Newest hour first. Raises `ValidationFailed` for a foreign cursor."""
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


def prune(before: datetime) -> None:
    db.session.execute(delete(UsageHour).where(UsageHour.hour < before))
