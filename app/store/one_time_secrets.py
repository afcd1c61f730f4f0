"""One-time secrets: a row each, used once."""

from datetime import datetime

from sqlalchemy import Index, delete, select, true, update
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.extensions import Base, db
from app.store.column_types import UtcTime


class OneTimeSecret(Base):
    __tablename__ = "one_time_secret"

    id: Mapped[str] = mapped_column(primary_key=True)
    #: What it is good for; a secret of one purpose is refused for every other.
    purpose: Mapped[str]
    email: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    #: NULL: not used.
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: SHA-256 of the cookie of the browser that asked. NULL: asked without one.
    browser: Mapped[str | None]
    #: Where to go after sign-in, one of our own pages. NULL: the dashboard.
    next_path: Mapped[str | None]
    #: Keyed hash of the code. NULL: a link, which has none.
    digest: Mapped[str | None]
    #: Tries that were counted, right or wrong.
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    #: Whether it was mailed; what was not can never be redeemed.
    deliverable: Mapped[bool] = mapped_column(default=True, server_default=true())

    __table_args__ = (Index("ix_one_time_secret_email_created_at", "email", "created_at"),)


def add(
    *,
    purpose: str,
    email: str,
    now: datetime,
    expires_at: datetime,
    browser: str | None = None,
    next_path: str | None = None,
    secret_id: str | None = None,
    digest: str | None = None,
    deliverable: bool = True,
) -> OneTimeSecret:
    secret = OneTimeSecret(
        id=secret_id or new_id("ots"),
        purpose=purpose,
        digest=digest,
        deliverable=deliverable,
        email=email,
        created_at=now,
        expires_at=expires_at,
        browser=browser,
        next_path=next_path,
    )
    db.session.add(secret)
    db.session.flush()
    return secret


def get(secret_id: str, purpose: str) -> OneTimeSecret | None:
    return db.session.scalar(
        select(OneTimeSecret).where(OneTimeSecret.id == secret_id, OneTimeSecret.purpose == purpose)
    )


def by_id(secret_id: str) -> OneTimeSecret | None:
    return db.session.get(OneTimeSecret, secret_id)


def consume(secret_id: str, purpose: str, now: datetime) -> OneTimeSecret | None:
    """Uses it up. None when that happened before, or it is too old: of any number of callers one gets the row."""
    return db.session.scalar(
        update(OneTimeSecret)
        .where(
            OneTimeSecret.id == secret_id,
            OneTimeSecret.purpose == purpose,
            OneTimeSecret.used_at.is_(None),
            OneTimeSecret.expires_at > now,
        )
        .values(used_at=now)
        .returning(OneTimeSecret)
    )


def newest(email: str, purpose: str) -> OneTimeSecret | None:
    """The one that counts: a newer secret ends the earlier ones."""
    return db.session.scalar(
        select(OneTimeSecret)
        .where(OneTimeSecret.email == email, OneTimeSecret.purpose == purpose)
        .order_by(OneTimeSecret.created_at.desc(), OneTimeSecret.id.desc())
        .limit(1)
    )


def count_attempt(secret_id: str, *, most: int, now: datetime) -> int | None:
    """How many tries there were with this one, or None when no more are allowed. Comes before any comparison."""
    return db.session.scalar(
        update(OneTimeSecret)
        .where(
            OneTimeSecret.id == secret_id,
            OneTimeSecret.attempts < most,
            OneTimeSecret.used_at.is_(None),
            OneTimeSecret.expires_at > now,
        )
        .values(attempts=OneTimeSecret.attempts + 1)
        .returning(OneTimeSecret.attempts)
        .execution_options(synchronize_session=False)
    )


def prune(before: datetime) -> None:
    db.session.execute(delete(OneTimeSecret).where(OneTimeSecret.expires_at < before))
