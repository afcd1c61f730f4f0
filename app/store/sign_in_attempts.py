"""The attempts that `services.sign_in_limits` counts, one row each."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.extensions import Base, db
from app.store.column_types import UtcTime


class SignInAttempt(Base):
    __tablename__ = "sign_in_attempt"

    id: Mapped[str] = mapped_column(primary_key=True)
    #: What was attempted: a `sign_in_limits.Attempt`.
    kind: Mapped[str]
    #: NULL: not for an email address.
    email: Mapped[str | None]
    #: The client, as limits count clients: an IPv4 address or an IPv6 /64.
    client: Mapped[str]
    at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (
        Index("ix_sign_in_attempt_email_at", "email", "at"),
        Index("ix_sign_in_attempt_client_at", "client", "at"),
    )


def add(kind: str, *, email: str | None, client: str, at: datetime) -> None:
    db.session.add(SignInAttempt(id=new_id("att"), kind=kind, email=email, client=client, at=at))
    db.session.flush()


def times_since(
    moment: datetime, kind: str, *, email: str | None = None, client: str | None = None, limit: int
) -> Sequence[datetime]:
    """Times of attempts after `moment`, newest first, at most `limit`: what a sliding window counts."""
    query = select(SignInAttempt.at).where(SignInAttempt.kind == kind, SignInAttempt.at > moment)
    if email is not None:
        query = query.where(SignInAttempt.email == email)
    if client is not None:
        query = query.where(SignInAttempt.client == client)
    return db.session.scalars(query.order_by(SignInAttempt.at.desc()).limit(limit)).all()


def prune(before: datetime) -> None:
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at < before))
