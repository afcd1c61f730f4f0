"""Browser sessions: one row each, so that people can list and end them. Of the cookie, only its SHA-256 is stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.extensions import Base, db
from app.store.column_types import UtcTime
from app.store.people import Person


class Session(Base):
    __tablename__ = "session"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    #: NULL: not ended.
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    address: Mapped[str]
    user_agent: Mapped[str]


class LiveSession(NamedTuple):
    session_id: str
    person_id: str
    email: str
    signed_in_at: datetime


def add(
    *, person_id: str, token_digest: str, now: datetime, expires_at: datetime, address: str, user_agent: str
) -> Session:
    session = Session(
        id=new_id("ses"),
        person_id=person_id,
        token_digest=token_digest,
        created_at=now,
        last_seen_at=now,
        expires_at=expires_at,
        address=address,
        user_agent=user_agent,
    )
    db.session.add(session)
    db.session.flush()
    return session


def live(token_digest: str, *, now: datetime, idle_since: datetime) -> LiveSession | None:
    """The session with this cookie, unless it was ended, has expired, was idle too long, or its person is disabled."""
    row = db.session.execute(
        select(Session.id, Person.id, Person.email, Session.created_at)
        .join(Person, Person.id == Session.person_id)
        .where(
            Session.token_digest == token_digest,
            Session.ended_at.is_(None),
            Session.expires_at > now,
            Session.last_seen_at > idle_since,
            Person.disabled_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else LiveSession(*row)


def of_person(person_id: str, *, now: datetime, idle_since: datetime) -> Sequence[Session]:
    """The person's live sessions, last seen first."""
    return db.session.scalars(
        select(Session)
        .where(
            Session.person_id == person_id,
            Session.ended_at.is_(None),
            Session.expires_at > now,
            Session.last_seen_at > idle_since,
        )
        .order_by(Session.last_seen_at.desc(), Session.id)
    ).all()


def end(session_id: str, person_id: str, now: datetime) -> bool:
    """Ends the session, and returns whether it was this call that ended it."""
    return (
        db.session.scalar(
            update(Session)
            .where(Session.id == session_id, Session.person_id == person_id, Session.ended_at.is_(None))
            .values(ended_at=now)
            .returning(Session.id)
        )
        is not None
    )


def end_others(person_id: str, session_id: str, *, now: datetime, idle_since: datetime) -> Sequence[str]:
    """Ends the person's live sessions but this one, and returns their IDs. Locks them in the order of their IDs, so
    that two browsers that do this at once do not deadlock."""
    others = db.session.scalars(
        select(Session.id)
        .where(
            Session.person_id == person_id,
            Session.id != session_id,
            Session.ended_at.is_(None),
            Session.expires_at > now,
            Session.last_seen_at > idle_since,
        )
        .order_by(Session.id)
        .with_for_update()
    ).all()
    if others:
        db.session.execute(update(Session).where(Session.id.in_(others)).values(ended_at=now))
    return others


def end_all(person_id: str, now: datetime) -> None:
    db.session.execute(
        update(Session).where(Session.person_id == person_id, Session.ended_at.is_(None)).values(ended_at=now)
    )


def mark_seen(session_id: str, at: datetime) -> None:
    db.session.execute(
        update(Session).where(Session.id == session_id, Session.last_seen_at < at).values(last_seen_at=at)
    )


def prune(before: datetime) -> None:
    """Deletes sessions that expired or were ended before `before`."""
    db.session.execute(delete(Session).where(or_(Session.expires_at < before, Session.ended_at < before)))
