"""Requests by organization, key, hour and outcome."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.domain import paging
from app.extensions import Base, db
from app.store.position import before
from app.store.types import UtcTime, from_microseconds, to_microseconds


class UsageHour(Base):
    __tablename__ = "usage_hour"

    org_id: Mapped[str] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(UtcTime, primary_key=True, index=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)


def add(org_id: str, key_id: str, hour: datetime, outcome: str, requests: int) -> None:
    """Adds to the hour's count."""
    insert: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    statement = insert(UsageHour).values(org_id=org_id, hour=hour, key_id=key_id, outcome=outcome, requests=requests)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["org_id", "hour", "key_id", "outcome"],
            set_={"requests": UsageHour.requests + statement.excluded.requests},
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
