"""Session tokens of agents: short-lived, for managing keys and nothing else. Stored as their SHA-256."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, LargeBinary, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.extensions import Base, db
from app.store.column_types import UtcTime
from app.store.people import Person


class AgentSessionToken(Base):
    __tablename__ = "agent_session_token"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)


class TokenHolder(NamedTuple):
    person_id: str
    email: str
    expires_at: datetime
    disabled: bool


def add(*, person_id: str, digest: bytes, now: datetime, expires_at: datetime) -> None:
    db.session.add(
        AgentSessionToken(id=new_id("tok"), person_id=person_id, digest=digest, created_at=now, expires_at=expires_at)
    )
    db.session.flush()


def holder(digest: bytes) -> TokenHolder | None:
    row = db.session.execute(
        select(Person.id, Person.email, AgentSessionToken.expires_at, Person.disabled_at.is_not(None))
        .join(Person, Person.id == AgentSessionToken.person_id)
        .where(AgentSessionToken.digest == digest)
    ).one_or_none()
    return None if row is None else TokenHolder(*row)


def delete_all(person_id: str) -> None:
    db.session.execute(delete(AgentSessionToken).where(AgentSessionToken.person_id == person_id))


def prune(before: datetime) -> None:
    db.session.execute(delete(AgentSessionToken).where(AgentSessionToken.expires_at < before))
