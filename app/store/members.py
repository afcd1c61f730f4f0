"""The members of an organization, with what a list of them shows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select

from app.domain.member_roles import Role
from app.extensions import db
from app.store.keys import ApiKey, works
from app.store.memberships import Membership
from app.store.people import Person
from app.store.sessions import Session


class MemberListed(NamedTuple):
    person_id: str
    email: str
    role: Role
    since: datetime
    disabled: bool
    #: When a session of theirs was last used. None: they have none that is still on record.
    last_seen: datetime | None
    #: How many active keys of the organization they created.
    keys: int


class MemberRole(NamedTuple):
    person_id: str
    email: str
    role: Role


def page(org_id: str, now: datetime) -> Sequence[MemberListed]:
    """All members, in the order of joining."""
    return _listed(_query(org_id, now))


def get(org_id: str, person_id: str, now: datetime) -> MemberListed | None:
    return next(iter(_listed(_query(org_id, now).where(Membership.person_id == person_id))), None)


def who_may_sign_in(org_id: str) -> Sequence[MemberRole]:
    """The members who are not disabled, in the order of joining, without what takes time to count."""
    rows = db.session.execute(
        select(Person.id, Person.email, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.org_id == org_id, Person.disabled_at.is_(None))
        .order_by(Membership.created_at, Person.email)
    )
    return [MemberRole(id_, email, Role(role)) for id_, email, role in rows]


def role_for_change(org_id: str, person_id: str) -> Role | None:
    """The member's role, which nobody else can change until the transaction ends; None for no member. Whoever changes
    memberships takes turns first (`services.members`), and locks them before keys and organizations."""
    role = db.session.scalar(
        select(Membership.role)
        .where(Membership.org_id == org_id, Membership.person_id == person_id)
        .with_for_update(of=Membership)
    )
    return None if role is None else Role(role)


def has_other_owner(org_id: str, person_id: str) -> bool:
    """Whether somebody else is an owner who may sign in, and stays one until the transaction ends."""
    others = db.session.scalars(
        select(Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.org_id == org_id,
            Membership.role == Role.OWNER.value,
            Membership.person_id != person_id,
            Person.disabled_at.is_(None),
        )
        .order_by(Membership.person_id)
        .with_for_update(read=True, of=[Membership, Person])
    )
    return others.first() is not None


def _query(org_id: str, now: datetime) -> Select[Any]:
    last_seen = select(func.max(Session.last_seen_at)).where(Session.person_id == Person.id).scalar_subquery()
    keys = (
        select(func.count())
        .select_from(ApiKey)
        .where(and_(ApiKey.org_id == org_id, ApiKey.created_by == Person.id, works(now)))
        .scalar_subquery()
    )
    return (
        select(
            Person.id,
            Person.email,
            Membership.role,
            Membership.created_at,
            Person.disabled_at.is_not(None),
            last_seen,
            keys,
        )
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.org_id == org_id)
        .order_by(Membership.created_at, Person.email)
    )


def _listed(query: Select[Any]) -> Sequence[MemberListed]:
    return [
        MemberListed(id_, email, Role(role), since, disabled, last_seen, keys)
        for id_, email, role, since, disabled, last_seen, keys in db.session.execute(query)
    ]
