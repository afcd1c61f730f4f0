"""One-time secrets: one row for each link or code."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, delete, select, true, update
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.extensions import Base, db
from app.store.column_types import UtcTime


class OneTimeSecret(Base):
    __tablename__ = "one_time_secret"

    id: Mapped[str] = mapped_column(primary_key=True)
    #: What it is for: a `Purpose`. It is refused for any other.
    purpose: Mapped[str]
    email: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    #: NULL: not used.
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: SHA-256 of a cookie of the browser that asked for it. NULL: it sent no cookie.
    browser: Mapped[str | None]
    #: Where to go after sign-in, one of our own pages. NULL: the dashboard.
    next_path: Mapped[str | None]
    #: Keyed hash of the code. NULL: a link, which has none.
    digest: Mapped[str | None]
    #: How often a code was entered for it, right or wrong.
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    #: Whether its address may receive it. If not, it is not mailed, and its code is never accepted.
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
    """Uses the secret up and returns its row, to one caller only. None if it was already used or has expired."""
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
    """The current secret: a newer one replaces all earlier ones."""
    return db.session.scalar(
        select(OneTimeSecret)
        .where(OneTimeSecret.email == email, OneTimeSecret.purpose == purpose)
        .order_by(OneTimeSecret.created_at.desc(), OneTimeSecret.id.desc())
        .limit(1)
    )


def count_attempt(secret_id: str, *, most: int, now: datetime) -> int | None:
    """Counts an attempt, before its code is compared. Returns how many there were with this one, or None if no more are
    allowed."""
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


def use_up_all(emails: Sequence[str], now: datetime) -> None:
    """Uses up the links and codes that were mailed to these addresses."""
    db.session.execute(
        update(OneTimeSecret)
        .where(OneTimeSecret.email.in_(emails), OneTimeSecret.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )


def prune(before: datetime) -> None:
    db.session.execute(delete(OneTimeSecret).where(OneTimeSecret.expires_at < before))
