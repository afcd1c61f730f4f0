"""What others did to keys, until their owners are told: references to entries of the audit log."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, and_, delete, select, tuple_
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db
from app.store.audit import AuditEntry
from app.store.column_types import UtcTime
from app.store.keys import ApiKey
from app.store.transaction import require_transaction


class ChangeNotice(Base):
    """Without foreign keys: checking one would lock the person after the key and the organization, and people are
    locked before those."""

    __tablename__ = "change_notice"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    org_id: Mapped[str] = mapped_column(primary_key=True)
    #: That of the audit entry.
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class ChangedKey(NamedTuple):
    """A key, and what was done to it."""

    entry: AuditEntry
    key: ApiKey


def add(person_id: str, org_id: str, sequence: int, at: datetime) -> None:
    db.session.add(ChangeNotice(person_id=person_id, org_id=org_id, sequence=sequence, at=at))
    db.session.flush()


def waiting_since(at: datetime) -> Sequence[str]:
    """The IDs of the people for whom something has waited since `at` or longer."""
    return db.session.scalars(select(ChangeNotice.person_id).where(ChangeNotice.at <= at).distinct()).all()


def take(person_id: str, limit: int) -> Sequence[ChangedKey]:
    """What the person is to be told, the oldest first, and deletes it. What another transaction is adding or taking
    stays for the next time, because the two could wait for each other."""
    require_transaction()
    rows = db.session.scalars(
        select(ChangeNotice)
        .where(ChangeNotice.person_id == person_id)
        .order_by(ChangeNotice.at, ChangeNotice.org_id, ChangeNotice.sequence)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    places = [(row.org_id, row.sequence) for row in rows]
    found = db.session.execute(
        select(AuditEntry, ApiKey)
        .join(ApiKey, and_(ApiKey.org_id == AuditEntry.org_id, ApiKey.id == AuditEntry.target))
        .where(tuple_(AuditEntry.org_id, AuditEntry.sequence).in_(places))
        .order_by(AuditEntry.at, AuditEntry.org_id, AuditEntry.sequence)
    )
    changed = [ChangedKey(*row) for row in found]
    place = tuple_(ChangeNotice.org_id, ChangeNotice.sequence)
    db.session.execute(delete(ChangeNotice).where(ChangeNotice.person_id == person_id, place.in_(places)))
    return changed


def prune(before: datetime) -> None:
    """Forgets what waits since before `before`: nobody sends mail."""
    db.session.execute(delete(ChangeNotice).where(ChangeNotice.at < before))
