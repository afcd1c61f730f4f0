"""How far the audit log of each organization was checked, and what came of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ForeignKey, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db
from app.store.column_types import UtcTime
from app.store.organizations import IS_THERE, Organization
from app.store.transaction import require_transaction
from app.store.upsert import insert


class AuditCheck(Base):
    __tablename__ = "audit_check"

    org_id: Mapped[str] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    #: The number and the seal of the last entry that was followed.
    sequence: Mapped[int] = mapped_column(BigInteger)
    seal: Mapped[str]
    #: When the entries were last followed from the first one on.
    began_at: Mapped[datetime] = mapped_column(UtcTime)
    #: Whether it has not come to the end yet.
    is_running: Mapped[bool]
    #: Up to which entry the log was whole when a check last came to the end, and when that was.
    whole_to: Mapped[int] = mapped_column(BigInteger)
    checked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: The first entry that was changed or is missing. NULL: none is known.
    broken_at: Mapped[int | None] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Check:
    """The columns of `AuditCheck`, without the organization."""

    sequence: int
    seal: str
    began_at: datetime
    is_running: bool = True
    whole_to: int = 0
    checked_at: datetime | None = None
    broken_at: int | None = None


class BrokenLog(NamedTuple):
    org_id: str
    name: str
    broken_at: int


def get(org_id: str) -> Check | None:
    columns = (getattr(AuditCheck, name) for name in Check.__slots__)
    row = db.session.execute(select(*columns).where(AuditCheck.org_id == org_id)).one_or_none()
    return None if row is None else Check(*row)


def put(org_id: str, check: Check) -> None:
    """Notes nothing for a deleted organization, whose log may have been erased while it was checked."""
    require_transaction()
    if not db.session.scalar(select(IS_THERE).where(Organization.id == org_id)):
        return
    values = asdict(check)
    row = insert(AuditCheck).values(org_id=org_id, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["org_id"], set_=values))


def due(began_before: datetime, *, limit: int) -> Sequence[str]:
    """The organizations whose check is running, or began before this time, or did not end with the newest entry;
    without deleted ones."""
    has_new = and_(AuditCheck.broken_at.is_(None), AuditCheck.sequence != Organization.audit_count)
    return db.session.scalars(
        select(Organization.id)
        .outerjoin(AuditCheck, AuditCheck.org_id == Organization.id)
        .where(
            IS_THERE,
            or_(AuditCheck.org_id.is_(None), AuditCheck.is_running, has_new, AuditCheck.began_at < began_before),
        )
        .order_by(AuditCheck.checked_at, Organization.id)
        .limit(limit)
    ).all()


def broken() -> Sequence[BrokenLog]:
    """Without those of deleted organizations."""
    rows = db.session.execute(
        select(Organization.id, Organization.name, AuditCheck.broken_at)
        .join(AuditCheck, AuditCheck.org_id == Organization.id)
        .where(IS_THERE, AuditCheck.broken_at.is_not(None))
        .order_by(Organization.id)
    )
    return [BrokenLog(org_id, name, number) for org_id, name, number in rows if number is not None]
