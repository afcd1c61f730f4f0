"""People, who sign in and are members of organizations."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.extensions import Base, db
from app.store.column_types import UtcTime


class Person(Base):
    __tablename__ = "person"

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    #: NULL: may sign in.
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)


def get(person_id: str) -> Person | None:
    return db.session.get(Person, person_id)


def by_email(email: str) -> Person | None:
    return db.session.scalar(select(Person).where(Person.email == email))


def locked_by_email(email: str) -> Person | None:
    """As `by_email`; the person cannot be disabled until the transaction ends. Lock before keys and organizations."""
    return db.session.scalar(select(Person).where(Person.email == email).with_for_update(read=True))


def locked(person_id: str) -> Person | None:
    """As `get`; the person cannot be disabled until the transaction ends. Lock before keys and organizations."""
    return db.session.scalar(select(Person).where(Person.id == person_id).with_for_update(read=True))


def set_email(person_id: str, email: str) -> None:
    db.session.execute(update(Person).where(Person.id == person_id).values(email=email))


def add(email: str, now: datetime) -> Person:
    person = Person(id=new_id("usr"), email=email, created_at=now)
    db.session.add(person)
    db.session.flush()
    return person
