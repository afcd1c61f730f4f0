"""Memberships: who belongs to which organization, and in which role."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.member_roles import Role
from app.extensions import Base, db
from app.store.column_types import UtcTime
from app.store.organizations import IS_THERE, Organization, lock_where
from app.store.people import Person


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


def of_person(person_id: str) -> Sequence[OrganizationOf]:
    """The person's organizations, oldest membership first. Without deleted ones, as everywhere but where it is said."""
    rows = db.session.execute(
        select(Organization.id, Organization.name, Membership.role)
        .join(Membership, Membership.org_id == Organization.id)
        .where(Membership.person_id == person_id, IS_THERE)
        .order_by(Membership.created_at, Organization.id)
    )
    return [OrganizationOf(id_, name, Role(role)) for id_, name, role in rows]


def seen_by(person_id: str, org_id: str) -> OrganizationOf | None:
    """The organization as this person sees it; None for outsiders, whether it exists or not."""
    return next((organization for organization in of_person(person_id) if organization.id == org_id), None)


def number_owned(person_id: str) -> int:
    """How many organizations the person owns, with deleted ones that were not erased."""
    owned = select(func.count()).where(Membership.person_id == person_id, Membership.role == Role.OWNER.value)
    return db.session.scalar(owned) or 0


def has_deleted(person_id: str) -> bool:
    """Whether the person is a member of a deleted organization that was not erased."""
    theirs = select(Membership.org_id).where(Membership.person_id == person_id)
    query = select(Organization.id).where(Organization.id.in_(theirs), ~IS_THERE).limit(1)
    return db.session.scalar(query) is not None


def roles(org_id: str, person_ids: Collection[str]) -> dict[str, Role]:
    """The roles of those of these people who are members."""
    rows = db.session.execute(
        select(Membership.person_id, Membership.role).where(
            Membership.org_id == org_id, Membership.person_id.in_(person_ids)
        )
    )
    return {person_id: Role(role) for person_id, role in rows}


def add(org_id: str, person_id: str, role: Role, now: datetime) -> None:
    db.session.add(Membership(org_id=org_id, person_id=person_id, role=role.value, created_at=now))
    db.session.flush()


def put(org_id: str, person_id: str, role: Role, now: datetime) -> None:
    """Adds the member, or changes their role."""
    membership = db.session.get(Membership, (org_id, person_id))
    if membership is None:
        add(org_id, person_id, role, now)
    else:
        membership.role = role.value


def remove(org_id: str, person_id: str) -> bool:
    """Removes the member, and returns whether there was one."""
    removed = db.session.execute(
        delete(Membership)
        .where(Membership.org_id == org_id, Membership.person_id == person_id)
        .returning(Membership.person_id)
    ).all()
    return len(removed) == 1


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


def lock_all(org_id: str) -> None:
    """Keeps others from writing as members until the transaction ends, and waits for those who do. Lock before people,
    keys and organizations."""
    db.session.execute(
        select(Membership.person_id)
        .where(Membership.org_id == org_id)
        .order_by(Membership.person_id)
        .with_for_update(of=Membership)
    )


def lock_of_person(person_id: str) -> None:
    """Keeps the person's memberships as they are until the transaction ends. Lock before keys and organizations."""
    db.session.execute(
        select(Membership.org_id)
        .where(Membership.person_id == person_id)
        .order_by(Membership.org_id)
        .with_for_update(read=True)
    )


def lock_organizations(*person_ids: str, also: Sequence[str] = ()) -> Sequence[str]:
    """Locks all organizations of these people, and those in `also`; returns their IDs."""
    theirs = select(Membership.org_id).where(Membership.person_id.in_(person_ids))
    return lock_where(or_(Organization.id.in_(theirs), Organization.id.in_(also)))
