"""Until when each server process has written what it counted."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db
from app.store.column_types import UtcTime
from app.store.upsert import insert


class UsageProcess(Base):
    __tablename__ = "usage_process"

    #: Random, new with each start.
    id: Mapped[str] = mapped_column(primary_key=True)
    #: Every request that ended before is counted in the database.
    written_until: Mapped[datetime] = mapped_column(UtcTime)


def note(process_id: str, written_until: datetime) -> None:
    statement = insert(UsageProcess).values(id=process_id, written_until=written_until)
    changed: Any = {"written_until": statement.excluded.written_until}
    db.session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))


def remove(process_id: str) -> None:
    db.session.execute(delete(UsageProcess).where(UsageProcess.id == process_id))


def written_until(since: datetime) -> datetime | None:
    """Until when all processes have written that have done so since then; None if there is none."""
    return db.session.scalar(select(func.min(UsageProcess.written_until)).where(UsageProcess.written_until > since))


def prune(before: datetime) -> None:
    db.session.execute(delete(UsageProcess).where(UsageProcess.written_until <= before))
