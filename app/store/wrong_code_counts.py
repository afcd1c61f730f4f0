"""The number of wrong codes in a row for an address, across all codes that were mailed to it."""

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db
from app.store.column_types import UtcTime
from app.store.upsert import insert


class CodeFailures(Base):
    __tablename__ = "code_failures"

    email: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcTime)
    #: NULL: the owner was not told yet that codes are paused.
    told_at: Mapped[datetime | None] = mapped_column(UtcTime)


def of(email: str) -> CodeFailures | None:
    return db.session.get(CodeFailures, email)


def count(email: str, now: datetime) -> int:
    """Counts one more wrong code, and returns how many in a row that makes."""
    statement = insert(CodeFailures).values(email=email, failures=1, last_at=now)
    failures: int = db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["email"],
            set_={"failures": CodeFailures.failures + 1, "last_at": statement.excluded.last_at},
        ).returning(CodeFailures.failures),
        execution_options={"populate_existing": True},
    ).scalar_one()
    return failures


def mark_told(email: str, now: datetime) -> None:
    db.session.execute(update(CodeFailures).where(CodeFailures.email == email).values(told_at=now))


def forget(email: str) -> None:
    """Resets the count: after a right code, a sign-in by link, or the end of a pause."""
    db.session.execute(delete(CodeFailures).where(CodeFailures.email == email))


def prune(before: datetime) -> None:
    """Forgets the addresses whose last wrong code was before `before`."""
    db.session.execute(delete(CodeFailures).where(CodeFailures.last_at < before))
