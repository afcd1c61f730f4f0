"""Organizations and who belongs to them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, delete, func, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.audit_chain import GENESIS
from app.domain.ids import new_id
from app.domain.key_policy import KeyPolicy
from app.domain.member_roles import Role
from app.domain.name_rules import OPERATORS
from app.extensions import Base, db
from app.store.column_types import PolicyForKeys, UtcTime
from app.store.people import Person


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


class Membership(Base):
    __tablename__ = "membership"

    org_id: Mapped[str] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class OrganizationOf(NamedTuple):
    """An organization as one of its members sees it."""

    id: str
    name: str
    role: Role


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


def add_member(org_id: str, person_id: str, role: Role, now: datetime) -> None:
    db.session.add(Membership(org_id=org_id, person_id=person_id, role=role.value, created_at=now))
    db.session.flush()


def of_person(person_id: str) -> Sequence[OrganizationOf]:
    """The person's organizations, oldest membership first. Without deleted ones, as everywhere but where it is said."""
    rows = db.session.execute(
        select(Organization.id, Organization.name, Membership.role)
        .join(Membership, Membership.org_id == Organization.id)
        .where(Membership.person_id == person_id, IS_THERE)
        .order_by(Membership.created_at, Organization.id)
    )
    return [OrganizationOf(id_, name, Role(role)) for id_, name, role in rows]


def number_owned(person_id: str) -> int:
    """How many organizations the person owns, with deleted ones that were not erased."""
    owned = select(func.count()).where(Membership.person_id == person_id, Membership.role == Role.OWNER.value)
    return db.session.scalar(owned) or 0


def seen_by(person_id: str, org_id: str) -> OrganizationOf | None:
    """The organization as this person sees it; None for outsiders, whether it exists or not."""
    return next((organization for organization in of_person(person_id) if organization.id == org_id), None)


def locked_role(person_id: str, org_id: str) -> Role | None:
    """The person's role, which nobody can change or take away until the transaction ends; nor can the person be
    disabled or the organization be deleted. None for outsiders, disabled people and deleted organizations.

    Lock before keys and organizations: removing a member and disabling a person lock in this order.
    """
    role = db.session.scalar(
        select(Membership.role)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.org_id == org_id, Membership.person_id == person_id, Person.disabled_at.is_(None))
        .with_for_update(read=True, of=[Membership, Person])
    )
    # In a statement of its own: only one that begins with the lock held sees what was committed while that was waited
    # for.
    if role is None or not db.session.scalar(select(IS_THERE).where(Organization.id == org_id)):
        return None
    return Role(role)


def lock_members(org_id: str) -> None:
    """Keeps others from writing as members until the transaction ends, and waits for those who do. Lock before people,
    keys and organizations."""
    db.session.execute(
        select(Membership.person_id)
        .where(Membership.org_id == org_id)
        .order_by(Membership.person_id)
        .with_for_update(of=Membership)
    )


def has_deleted(person_id: str) -> bool:
    """Whether the person is a member of a deleted organization that was not erased."""
    theirs = select(Membership.org_id).where(Membership.person_id == person_id)
    query = select(Organization.id).where(Organization.id.in_(theirs), ~IS_THERE).limit(1)
    return db.session.scalar(query) is not None


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


def roles(org_id: str, person_ids: Collection[str]) -> dict[str, Role]:
    """The roles of those of these people who are members."""
    rows = db.session.execute(
        select(Membership.person_id, Membership.role).where(
            Membership.org_id == org_id, Membership.person_id.in_(person_ids)
        )
    )
    return {person_id: Role(role) for person_id, role in rows}


def lock_memberships(person_id: str) -> None:
    """Keeps the person's memberships as they are until the transaction ends. Lock before keys and organizations."""
    db.session.execute(
        select(Membership.org_id)
        .where(Membership.person_id == person_id)
        .order_by(Membership.org_id)
        .with_for_update(read=True)
    )


def lock_of(*person_ids: str, also: Sequence[str] = ()) -> Sequence[str]:
    """Locks all organizations of these people, and those in `also`; returns their IDs."""
    theirs = select(Membership.org_id).where(Membership.person_id.in_(person_ids))
    return _locked(or_(Organization.id.in_(theirs), Organization.id.in_(also)))


def lock(org_ids: Collection[str]) -> None:
    _locked(Organization.id.in_(org_ids))


def _locked(which: ColumnElement[bool]) -> Sequence[str]:
    """Locks always in the same order, so that transactions cannot deadlock, and as an update does (`key_share`), which
    lets others write rows that refer to them: otherwise two rotations that have each written a key would deadlock."""
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


def put_member(org_id: str, person_id: str, role: Role, now: datetime) -> None:
    """Adds the member, or changes their role."""
    membership = db.session.get(Membership, (org_id, person_id))
    if membership is None:
        add_member(org_id, person_id, role, now)
    else:
        membership.role = role.value


def remove_member(org_id: str, person_id: str) -> bool:
    """Removes the member, and returns whether there was one."""
    removed = db.session.execute(
        delete(Membership)
        .where(Membership.org_id == org_id, Membership.person_id == person_id)
        .returning(Membership.person_id)
    ).all()
    return len(removed) == 1


def raise_cache_generation(org_id: str) -> int:
    """Raises the organization's cache generation by 1, and returns the new one."""
    return db.session.execute(
        update(Organization)
        .where(Organization.id == org_id)
        .values(cache_generation=Organization.cache_generation + 1)
        .returning(Organization.cache_generation)
    ).scalar_one()
