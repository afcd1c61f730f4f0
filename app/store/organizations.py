"""Organizations. Who belongs to them is in `memberships`."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Index, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.audit_chain import GENESIS
from app.domain.ids import new_id
from app.domain.key_policy import KeyPolicy
from app.domain.name_rules import OPERATORS
from app.extensions import Base, db
from app.store.column_types import PolicyForKeys, UtcTime


class Organization(Base):
    __tablename__ = "organization"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    #: NULL: not disabled.
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    cache_generation: Mapped[int] = mapped_column(default=0)
    #: Length and newest seal of the audit chain; updating them also makes writers of one chain take turns.
    audit_count: Mapped[int] = mapped_column(default=0)
    audit_head: Mapped[str] = mapped_column(default=GENESIS)
    #: Sums of the credit ledger; the balance is their difference.
    credits_granted: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    credits_used: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    #: The value of `RevocationCounter` when one of its keys was last revoked or changed.
    revocation_revision: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0", index=True)
    #: What it allows its keys. NULL: all that the deployment allows.
    key_policy: Mapped[KeyPolicy | None] = mapped_column(PolicyForKeys)
    #: NULL: not deleted. One that is deleted is disabled, too: at the same moment, if it was not disabled before.
    deleted_at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: When all that belonged to it was erased. The row stays: servers read in it that its keys changed.
    erased_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (
        # For the few that are to be erased.
        Index(
            "ix_organization_deleted_at",
            "deleted_at",
            sqlite_where=text("deleted_at IS NOT NULL AND erased_at IS NULL"),
            postgresql_where=text("deleted_at IS NOT NULL AND erased_at IS NULL"),
        ),
    )


#: Not deleted.
IS_THERE = Organization.deleted_at.is_(None)


def add(name: str, now: datetime) -> Organization:
    organization = Organization(id=new_id("org"), name=name, created_at=now)
    db.session.add(organization)
    db.session.flush()
    return organization


def operators(now: datetime) -> Organization:
    """The operators' own organization, created on first use. Nobody is a member of it."""
    of_name = select(Organization).where(Organization.name == OPERATORS, IS_THERE)
    found = db.session.scalar(of_name.order_by(Organization.created_at, Organization.id).limit(1))
    return found or add(OPERATORS, now)


def revocation_revision(org_id: str) -> int:
    """Rises with every revoke and change of the organization's keys."""
    return db.session.scalar(select(Organization.revocation_revision).where(Organization.id == org_id)) or 0


def key_policy(org_id: str) -> KeyPolicy:
    """What the organization allows its keys."""
    return db.session.scalar(select(Organization.key_policy).where(Organization.id == org_id)) or KeyPolicy()


def set_key_policy(org_id: str, policy: KeyPolicy) -> None:
    stored = None if policy == KeyPolicy() else policy
    db.session.execute(update(Organization).where(Organization.id == org_id).values(key_policy=stored))


def name_of(org_id: str) -> str:
    return db.session.execute(select(Organization.name).where(Organization.id == org_id)).scalar_one()


def rename(org_id: str, name: str) -> None:
    db.session.execute(update(Organization).where(Organization.id == org_id).values(name=name))


def lock(org_ids: Collection[str]) -> None:
    lock_where(Organization.id.in_(org_ids))


def lock_where(which: ColumnElement[bool]) -> Sequence[str]:
    """Locks these organizations, and returns their IDs: always in the same order, so that transactions cannot deadlock,
    and as an update does (`key_share`), which lets others write rows that refer to them: otherwise two rotations that
    have each written a key would deadlock."""
    return db.session.scalars(
        select(Organization.id).where(which).order_by(Organization.id).with_for_update(key_share=True)
    ).all()


def all_of_them() -> Sequence[Organization]:
    """Oldest first, with deleted ones that were not erased."""
    there = select(Organization).where(Organization.erased_at.is_(None))
    return db.session.scalars(there.order_by(Organization.created_at, Organization.id)).all()


def only() -> Organization | None:
    """The organization, if there is exactly one."""
    found = db.session.scalars(select(Organization).where(IS_THERE).limit(2)).all()
    return found[0] if len(found) == 1 else None


def by_id_or_name(org: str) -> Sequence[Organization]:
    """As they are now, also if the session has read them before."""
    query = select(Organization).where(or_(Organization.id == org, Organization.name == org), IS_THERE)
    return db.session.scalars(query.order_by(Organization.id).execution_options(populate_existing=True)).all()


def raise_cache_generation(org_id: str) -> int:
    """Raises the organization's cache generation by 1, and returns the new one."""
    return db.session.execute(
        update(Organization)
        .where(Organization.id == org_id)
        .values(cache_generation=Organization.cache_generation + 1)
        .returning(Organization.cache_generation)
    ).scalar_one()
