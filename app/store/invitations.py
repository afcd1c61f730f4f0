"""Invitations of addresses to organizations."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, delete, func, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.ids import new_id
from app.domain.member_roles import Permission, Role, allows
from app.extensions import Base, db
from app.store.column_types import UtcTime
from app.store.memberships import Membership
from app.store.organizations import IS_THERE, Organization
from app.store.people import Person


class End(StrEnum):
    """How an invitation ended before it expired."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    #: An operator made the person a member.
    ADDED = "added"
    #: An operator gave the address to another person, or took it from one.
    MOVED = "moved"


class Invitation(Base):
    """It is open until it has ended or expired."""

    __tablename__ = "invitation"

    id: Mapped[str] = mapped_column(primary_key=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organization.id"))
    email: Mapped[str]
    role: Mapped[str]
    #: NULL: an operator.
    invited_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    #: NULL: not before it expired.
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    #: An `End`. NULL: not before it expired.
    outcome: Mapped[str | None]

    __table_args__ = (
        # An address has at most one invitation to an organization that has not ended.
        Index(
            "ix_invitation_email_org_id",
            "email",
            "org_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_invitation_org_id_created_at", "org_id", "created_at"),
    )


class InvitationListed(NamedTuple):
    id: str
    org_id: str
    org_name: str
    email: str
    role: Role
    #: The ID and the address of who invited. None: an operator.
    invited_by: str | None
    inviter: str | None
    #: The role that the inviter has now. None: an operator, no member any more, or disabled.
    inviter_role: Role | None
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None


def get(invitation_id: str) -> InvitationListed | None:
    """Whether it is open or not."""
    return next(iter(_listed(_query().where(Invitation.id == invitation_id))), None)


def open_in(org_id: str, now: datetime) -> Sequence[InvitationListed]:
    """The organization's open invitations, newest first."""
    return _listed(
        _query()
        .where(Invitation.org_id == org_id, _is_open(now))
        .order_by(Invitation.created_at.desc(), Invitation.id.desc())
    )


def open_for(email: str, now: datetime) -> Sequence[InvitationListed]:
    """The open invitations of the address, oldest first."""
    return _listed(
        _query().where(Invitation.email == email, _is_open(now)).order_by(Invitation.created_at, Invitation.id)
    )


def is_invited(email: str, now: datetime) -> bool:
    """Whether the address has an open invitation, of the operator or of somebody who may still invite."""
    managers = [role.value for role in Role if allows(role, Permission.MANAGE_MEMBERS)]
    is_valid = or_(Invitation.invited_by.is_(None), Membership.role.in_(managers))
    found = _query().where(Invitation.email == email, _is_open(now), is_valid).limit(1)
    return db.session.execute(found).first() is not None


def pending(org_id: str, email: str) -> Invitation | None:
    """The address's invitation to the organization that has not ended, although it may have expired. Nobody else ends
    it until the transaction ends."""
    return db.session.scalar(
        select(Invitation)
        .where(Invitation.org_id == org_id, Invitation.email == email, Invitation.ended_at.is_(None))
        .with_for_update()
    )


def put(
    org_id: str, email: str, role: Role, *, invited_by: str | None, now: datetime, expires_at: datetime
) -> Invitation:
    """A new invitation, or the address's pending one made anew, so that its link stays. Whoever calls this takes the
    turn of those who change memberships of the organization first (`services.members`)."""
    row = pending(org_id, email)
    if row is None:
        row = Invitation(id=new_id("inv"), org_id=org_id, email=email)
        db.session.add(row)
    row.role, row.invited_by, row.created_at, row.expires_at = role.value, invited_by, now, expires_at
    db.session.flush()
    return row


def end(invitation_id: str, how: End, now: datetime) -> bool:
    """Ends an open invitation: one caller does, for all others it is not open any more."""
    ended = db.session.execute(
        update(Invitation)
        .where(Invitation.id == invitation_id, _is_open(now))
        .values(ended_at=now, outcome=how.value)
        .returning(Invitation.id)
    ).all()
    return len(ended) == 1


def end_pending(org_id: str, email: str, how: End, now: datetime) -> None:
    """Ends the address's invitation to the organization, if there is one."""
    row = pending(org_id, email)
    if row is not None:
        row.ended_at, row.outcome = now, how.value


def end_all(emails: Collection[str], how: End, now: datetime) -> None:
    """Ends the invitations of these addresses to any organization."""
    db.session.execute(
        update(Invitation)
        .where(Invitation.email.in_(emails), Invitation.ended_at.is_(None))
        .values(ended_at=now, outcome=how.value)
    )


def end_in(org_id: str, how: End, now: datetime) -> None:
    """Ends all invitations to the organization."""
    db.session.execute(
        update(Invitation)
        .where(Invitation.org_id == org_id, Invitation.ended_at.is_(None))
        .values(ended_at=now, outcome=how.value)
    )


def prune(before: datetime) -> None:
    """Deletes those that ended or expired before this moment."""
    db.session.execute(delete(Invitation).where(func.coalesce(Invitation.ended_at, Invitation.expires_at) < before))


def _is_open(now: datetime) -> ColumnElement[bool]:
    return Invitation.ended_at.is_(None) & (Invitation.expires_at > now)


def _query() -> Select[Any]:
    row: list[Any] = [Invitation.id, Invitation.org_id, Organization.name, Invitation.email, Invitation.role]
    row += [Invitation.invited_by, Person.email, Membership.role]
    row += [Invitation.created_at, Invitation.expires_at, Invitation.ended_at]
    theirs = (Membership.org_id == Invitation.org_id) & (Membership.person_id == Person.id)
    return (
        select(*row)
        .join(Organization, (Organization.id == Invitation.org_id) & IS_THERE)
        .outerjoin(Person, Person.id == Invitation.invited_by)
        .outerjoin(Membership, theirs & Person.disabled_at.is_(None))
    )


def _listed(query: Select[Any]) -> Sequence[InvitationListed]:
    return [
        InvitationListed(id_, org_id, name, email, Role(role), by, inviter, Role(now) if now else None, *times)
        for id_, org_id, name, email, role, by, inviter, now, *times in db.session.execute(query)
    ]
