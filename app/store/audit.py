"""The audit log: who changed what, in a hash chain per organization."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    UniqueConstraint,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.audit_chain import Entry, seal
from app.domain.ids import new_id
from app.extensions import Base, db
from app.store.column_types import UtcTime, to_microseconds
from app.store.organizations import Organization


class AuditEntry(Base):
    __tablename__ = "audit_entry"

    id: Mapped[str] = mapped_column(primary_key=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organization.id"))
    sequence: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcTime)
    action: Mapped[str]
    actor: Mapped[str]
    target: Mapped[str]
    details_json: Mapped[str]
    seal: Mapped[str]

    __table_args__ = (
        UniqueConstraint("org_id", "sequence"),
        # For the history of one key.
        Index("ix_audit_entry_org_id_target_sequence", "org_id", "target", "sequence"),
        # For filters.
        Index("ix_audit_entry_org_id_actor_action_sequence", "org_id", "actor", "action", "sequence"),
        Index("ix_audit_entry_org_id_action_sequence", "org_id", "action", "sequence"),
    )

    @property
    def details(self) -> dict[str, Any]:
        details: dict[str, Any] = json.loads(self.details_json)
        return details


def append(org_id: str, *, at: datetime, action: str, actor: str, target: str, details: dict[str, Any]) -> int:
    """Adds the next entry, and returns its sequence number. The update of the organization's row comes first: it makes
    concurrent writers take turns."""
    sequence, previous = db.session.execute(
        update(Organization)
        .where(Organization.id == org_id)
        .values(audit_count=Organization.audit_count + 1)
        .returning(Organization.audit_count, Organization.audit_head)
    ).one()
    entry = Entry(
        id=new_id("aud"),
        org_id=org_id,
        sequence=sequence,
        at=to_microseconds(at),
        action=action,
        actor=actor,
        target=target,
        details=json.dumps(details, sort_keys=True),
    )
    sealed = seal(previous, entry)
    db.session.add(
        AuditEntry(
            id=entry.id,
            org_id=org_id,
            sequence=sequence,
            at=at,
            action=action,
            actor=actor,
            target=target,
            details_json=entry.details,
            seal=sealed,
        )
    )
    db.session.execute(update(Organization).where(Organization.id == org_id).values(audit_head=sealed))
    db.session.flush()
    return int(sequence)


def of_target(org_id: str, target: str, *, limit: int) -> Sequence[AuditEntry]:
    """The newest entries about one key, or whatever else `target` is the ID of."""
    return db.session.scalars(
        select(AuditEntry)
        .where(AuditEntry.org_id == org_id, AuditEntry.target == target)
        .order_by(AuditEntry.sequence.desc())
        .limit(limit)
    ).all()


def chain(org_id: str, *, after: int = 0, limit: int | None = None) -> Iterator[tuple[Entry, str]]:
    """The entries that follow number `after` as they are stored, with their seals, oldest first, read while they are
    consumed."""
    rows = db.session.execute(
        select(
            AuditEntry.id,
            AuditEntry.org_id,
            AuditEntry.sequence,
            # As it is stored: a time would hide what SQLite stores as a fraction of a microsecond.
            type_coerce(AuditEntry.at, BigInteger),
            AuditEntry.action,
            AuditEntry.actor,
            AuditEntry.target,
            AuditEntry.details_json,
            AuditEntry.seal,
        )
        .where(AuditEntry.org_id == org_id, AuditEntry.sequence > after)
        .order_by(AuditEntry.sequence)
        .limit(limit)
        .execution_options(yield_per=1000)
    )
    # Whoever reads them may stop early, at an entry that is broken.
    with closing(rows):
        for row in rows:
            yield Entry(*row[:-1]), row.seal


def seal_of(org_id: str, sequence: int) -> str | None:
    """The seal of one entry; None: there is no such entry."""
    return db.session.scalar(
        select(AuditEntry.seal).where(AuditEntry.org_id == org_id, AuditEntry.sequence == sequence)
    )


def head(org_id: str) -> tuple[int, str]:
    """The entry count and the newest seal in the organization's row."""
    count, newest = db.session.execute(
        select(Organization.audit_count, Organization.audit_head).where(Organization.id == org_id)
    ).one()
    return count, newest
