"""What people were told about keys that expire."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Executable, ForeignKey, Integer, Select, String, column, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db
from app.store import bulk_writes
from app.store.column_types import UtcTime, to_microseconds
from app.store.transaction import require_transaction
from app.store.upsert import insert


class ExpiryNotice(Base):
    __tablename__ = "expiry_notice"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    key_id: Mapped[str] = mapped_column(primary_key=True)
    #: The expiry that they were told of. A key that was extended since is told of again.
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    #: The newest notice, one of `domain.expiry_notices.NOTICES`.
    days: Mapped[int]
    told_at: Mapped[datetime] = mapped_column(UtcTime)


class ExpiryNoticeRun(Base):
    """One row: the last day of which everybody was told."""

    __tablename__ = "expiry_notice_run"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: When it began, in UTC.
    day: Mapped[datetime] = mapped_column(UtcTime)


_COLUMNS = (
    *(column("person_id", String), column("key_id", String)),
    *(column("expires_at", BigInteger), column("days", Integer), column("told_at", BigInteger)),
)


class Told(NamedTuple):
    expires_at: datetime
    days: int


def last_day() -> date | None:
    """None: nobody was told anything yet."""
    began = db.session.scalar(select(ExpiryNoticeRun.day))
    return began.date() if began else None


def put_last_day(day: date) -> None:
    require_transaction()
    began = datetime.combine(day, time.min, UTC)
    statement = insert(ExpiryNoticeRun).values(id=1, day=began)
    db.session.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"day": began}))


def was_told(person_id: str, start: datetime, before: datetime) -> bool:
    """Whether they were told anything from `start` on and before `before`."""
    query = select(ExpiryNotice.key_id).where(
        ExpiryNotice.person_id == person_id, ExpiryNotice.told_at >= start, ExpiryNotice.told_at < before
    )
    return db.session.scalar(query.limit(1)) is not None


def of_person(person_id: str) -> dict[str, Told]:
    """By key."""
    query = select(ExpiryNotice.key_id, ExpiryNotice.expires_at, ExpiryNotice.days)
    rows = db.session.execute(query.where(ExpiryNotice.person_id == person_id))
    return {key_id: Told(expires_at, days) for key_id, expires_at, days in rows}


def put(person_id: str, told: Iterable[tuple[str, Told]], now: datetime) -> None:
    """Notes of each of these keys what the person is told now."""
    told_at = to_microseconds(now)
    rows = ((person_id, key_id, to_microseconds(one.expires_at), one.days, told_at) for key_id, one in told)
    bulk_writes.execute(_told, _COLUMNS, list(chain.from_iterable(rows)))


def _told(rows: Select[Any]) -> Executable:
    names = [column.name for column in _COLUMNS]
    statement = insert(ExpiryNotice.__table__).from_select(names, rows)
    newer = {name: statement.excluded[name] for name in names[2:]}
    return statement.on_conflict_do_update(index_elements=names[:2], set_=newer)  # type: ignore[no-any-return]


def prune(before: datetime) -> None:
    """Forgets what was told of keys that expired before `before`."""
    db.session.execute(delete(ExpiryNotice).where(ExpiryNotice.expires_at < before))
