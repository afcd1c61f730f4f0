"""People who are told about keys."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import select

from app.domain.member_roles import Role
from app.extensions import db
from app.store.memberships import Membership
from app.store.organizations import Organization
from app.store.people import Person


class Recipient(NamedTuple):
    person_id: str
    email: str


#: Members who can sign in, of organizations that are not disabled.
_MEMBERS = (
    select(Person.id, Person.email)
    .join(Membership, Membership.person_id == Person.id)
    .join(Organization, Organization.id == Membership.org_id)
    .where(Person.disabled_at.is_(None), Organization.disabled_at.is_(None))
)


def member(org_id: str, person_id: str) -> Recipient | None:
    """The person, if they are a member who can sign in."""
    row = db.session.execute(_MEMBERS.where(Membership.org_id == org_id, Person.id == person_id)).one_or_none()
    return None if row is None else Recipient(*row)


def in_roles(org_id: str, roles: Collection[Role]) -> Sequence[Recipient]:
    """The members with one of these roles who can sign in."""
    rows = db.session.execute(
        _MEMBERS.where(Membership.org_id == org_id, Membership.role.in_([role.value for role in roles]))
    )
    return [Recipient(*row) for row in rows]
