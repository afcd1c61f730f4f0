"""Install IDs: deprecated credentials, accepted until the end of 2026 if they are stored here."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Base, db
from app.store.column_types import UtcTime
from app.store.organizations import Organization

#: The scopes of every install ID.
SCOPES = ("agent:rw",)


class InstallId(Base):
    __tablename__ = "install"

    #: A UUID in lower case.
    id: Mapped[str] = mapped_column(primary_key=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organization.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    #: NULL: accepted.
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: NULL: never called.
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcTime)


def add(install_id: str, org_id: str, now: datetime) -> bool:
    """Adds an install ID, and returns whether it was new."""
    if db.session.get(InstallId, install_id) is not None:
        return False
    db.session.add(InstallId(id=install_id, org_id=org_id, created_at=now))
    db.session.flush()
    return True


def all_with_organization() -> Sequence[tuple[InstallId, str]]:
    rows = db.session.execute(
        select(InstallId, Organization.name)
        .join(Organization, Organization.id == InstallId.org_id)
        .order_by(InstallId.created_at, InstallId.id)
    )
    return [(row[0], row[1]) for row in rows]


def get(install_id: str) -> InstallId | None:
    return db.session.get(InstallId, install_id)


def mark_seen(install_id: str, at: datetime) -> None:
    db.session.execute(
        update(InstallId)
        .where(InstallId.id == install_id, or_(InstallId.last_seen_at.is_(None), InstallId.last_seen_at < at))
        .values(last_seen_at=at)
    )
