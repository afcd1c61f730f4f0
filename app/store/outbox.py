"""Mails to be sent. A row holds no secret: the link or code is made from the secret's ID when the mail is sent."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Index, delete, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.extensions import Base, db
from app.store.column_types import UtcTime


class OutboxMail(Base):
    __tablename__ = "outbox_mail"

    id: Mapped[str] = mapped_column(primary_key=True)
    #: The name of its template.
    mail: Mapped[str]
    recipient: Mapped[str]
    #: Lower ones are sent first.
    priority: Mapped[int] = mapped_column(server_default="0")
    #: The one-time secret in it. NULL: it has none, or was already sent or dropped.
    secret_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    #: The IP address of the request for it. NULL: unknown, or nobody asked.
    asked_from: Mapped[str | None]
    #: The User-Agent of the request for it. NULL: unknown, or nobody asked.
    asked_with: Mapped[str | None]
    #: What it is about, as the template needs it: for a key, the IDs of its organization and of it, and how it begins
    #: and ends, separated by spaces; for an invitation, JSON. NULL: nothing but its recipient.
    about: Mapped[str | None]
    #: After this it is of no use and is dropped.
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    #: When to try next. NULL: nothing is left to do (it was sent or dropped, or must not be sent).
    due_at: Mapped[datetime | None] = mapped_column(UtcTime)
    attempts: Mapped[int] = mapped_column(default=0)
    #: NULL: not sent.
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: The class of the last error and the server's code. NULL: none.
    last_error: Mapped[str | None]

    __table_args__ = (
        # For the next mail to send. What was sent is not in it.
        Index(
            "ix_outbox_mail_priority_due_at",
            "priority",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        # For how many mails somebody gets.
        Index("ix_outbox_mail_recipient_mail_created_at", "recipient", "mail", "created_at"),
    )


def add(
    *,
    mail: str,
    recipient: str,
    priority: int,
    secret_id: str | None,
    now: datetime,
    expires_at: datetime,
    due_at: datetime | None,
    asked_from: str | None = None,
    asked_with: str | None = None,
    about: str | None = None,
) -> OutboxMail:
    row = OutboxMail(
        id=new_id("mail"),
        mail=mail,
        recipient=recipient,
        priority=priority,
        secret_id=secret_id,
        created_at=now,
        expires_at=expires_at,
        due_at=due_at,
        asked_from=asked_from,
        asked_with=asked_with,
        about=about,
    )
    db.session.add(row)
    db.session.flush()
    return row


def next_due(now: datetime) -> OutboxMail | None:
    """Of the mails with the lowest priority number the one that has waited longest, locked: on PostgreSQL other senders
    skip it, on SQLite they wait their turn."""
    return db.session.scalar(
        select(OutboxMail)
        .where(OutboxMail.due_at <= now)
        .order_by(OutboxMail.priority, OutboxMail.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def mark_sent(mail_id: str, now: datetime) -> None:
    db.session.execute(
        update(OutboxMail)
        .where(OutboxMail.id == mail_id)
        .values(sent_at=now, due_at=None, secret_id=None, last_error=None)
    )


def mark_failed(mail_id: str, error: str, *, for_good: bool = False) -> None:
    """`for_good`: it is not tried again, so its secret is forgotten."""
    values = {"last_error": error} | ({"due_at": None, "secret_id": None} if for_good else {})
    db.session.execute(update(OutboxMail).where(OutboxMail.id == mail_id).values(**values))


def queued(mail: str, recipient: str, after: datetime, until: datetime) -> int:
    """How many mails of this kind were queued for the recipient after `after` and not after `until`."""
    query = select(func.count()).where(
        OutboxMail.recipient == recipient,
        OutboxMail.mail == mail,
        OutboxMail.created_at > after,
        OutboxMail.created_at <= until,
    )
    return db.session.execute(query).scalar_one()


class Backlog(NamedTuple):
    #: Mails that wait for their first or next attempt.
    unsent: int
    #: Those of them that have failed so far.
    failing: int
    #: Mails that were given up.
    failed: int
    #: Why the newest mail with an error failed. None: none did.
    last_error: str | None


def backlog() -> Backlog:
    """What was not sent, as long as rows are kept."""
    failed = OutboxMail.sent_at.is_(None) & OutboxMail.last_error.is_not(None)
    waits = OutboxMail.due_at.is_not(None)
    counts = select(
        func.count().filter(waits), func.count().filter(waits & failed), func.count().filter(~waits & failed)
    )
    unsent, failing, given_up = db.session.execute(counts).one()
    newest = select(OutboxMail.last_error).where(failed).order_by(OutboxMail.created_at.desc()).limit(1)
    return Backlog(unsent, failing, given_up, db.session.scalar(newest))


def oldest_waiting() -> datetime | None:
    """When the oldest mail that is still to be sent was queued. None: none is."""
    return db.session.scalar(select(func.min(OutboxMail.created_at)).where(OutboxMail.due_at.is_not(None)))


def prune(before: datetime) -> None:
    db.session.execute(delete(OutboxMail).where(OutboxMail.expires_at < before))
