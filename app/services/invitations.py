"""Invitations: who manages members invites an address in a role, and whoever signs in with that address joins.

The link of an invitation holds its ID and no secret: it gives nothing to whoever cannot sign in with the address.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from app.domain import email_address, member_roles
from app.domain.errors import Forbidden, NotFound, ValidationFailed
from app.domain.mail_kinds import MailKind
from app.domain.member_roles import Permission, Role
from app.domain.rfc3339 import rfc3339
from app.domain.sign_up_admission import admits
from app.services import audit, members, organizations, outbox, sign_in, sign_in_limits
from app.services.operator_organizations import ACTOR
from app.services.organizations import Member
from app.services.runtime import Runtime
from app.services.sign_in_limits import Attempt
from app.store import invitations, memberships, people
from app.store.invitations import End, InvitationListed
from app.store.transaction import transaction

LIFETIME = timedelta(days=7)


def link(runtime: Runtime, invitation_id: str) -> str:
    return f"{runtime.settings.public_url}/invitations/{invitation_id}"


def to_json(runtime: Runtime, found: InvitationListed) -> dict[str, Any]:
    """As the API and the command line answer it."""
    return {
        "id": found.id,
        "email": found.email,
        "role": found.role.value,
        "invited_by": found.inviter,
        "created_at": rfc3339(found.created_at),
        "expires_at": rfc3339(found.expires_at),
        "link": link(runtime, found.id),
    }


def open_in(runtime: Runtime, member: Member) -> Sequence[InvitationListed]:
    """The organization's open invitations, newest first. Raises `Forbidden`."""
    if not member_roles.allows(member.role, Permission.MANAGE_MEMBERS):
        raise Forbidden
    return invitations.open_in(member.org_id, runtime.clock())


def open_for(runtime: Runtime, email: str) -> Sequence[InvitationListed]:
    """The open invitations of the address, oldest first."""
    return invitations.open_for(email, runtime.clock())


def get_open(runtime: Runtime, invitation_id: str) -> InvitationListed:
    """Raises `NotFound` for one that is not open any more as for one that never was."""
    found = invitations.get(invitation_id)
    if found is None or not _is_open(found, runtime.clock()):
        raise NotFound
    return found


def is_void(found: InvitationListed) -> bool:
    """Whether who invited could not do so now, so that nobody joins by it until somebody who can renews it."""
    if found.invited_by is None:
        return False
    return found.inviter_role is None or not member_roles.may_manage_member(found.inviter_role, found.role)


def refusal(found: InvitationListed) -> str:
    """What is said about one that is void to whom it is for."""
    return (
        f"{found.inviter} cannot invite you as {found.role.value} any more. Ask an owner or admin of the organization"
        " to invite you again."
    )


def joined(invitation_id: str, person_id: str, email: str) -> str | None:
    """The ID of the organization to which this address was invited, if the person is a member of it."""
    found = invitations.get(invitation_id)
    if found is None or found.email != email or memberships.seen_by(person_id, found.org_id) is None:
        return None
    return found.org_id


def invite(runtime: Runtime, member: Member, email: str, role: Role) -> InvitationListed:
    """Invites the address, or renews its open invitation, and mails it the link.

    Raises `ValidationFailed` naming `email`, `Forbidden` for a role above the member's own, `NotFound`, and
    `RateLimited`; a refused invitation is not counted.
    """
    address = email_address.normalise(email)
    with transaction():
        now = runtime.clock()
        sign_in_limits.take(Attempt.INVITATION, client=member.org_id, email=address, now=now)
        members.take_turn(member.org_id)
        member = organizations.still_member(member)
        members.refuse_unmanageable(member, role)
        renewed = invitations.pending(member.org_id, address)
        if renewed is not None and renewed.expires_at > now:
            members.refuse_unmanageable(member, Role(renewed.role))
        return put(runtime, member.org_id, address, role, now, actor=member.email, invited_by=member.person_id)


def withdraw(runtime: Runtime, member: Member, invitation_id: str) -> InvitationListed:
    """Raises `NotFound` if it is not an open one of the member's organization, and `Forbidden`."""
    with transaction():
        # So that nobody renews it with another role meanwhile.
        members.take_turn(member.org_id)
        member = organizations.still_member(member)
        found = _of_organization(runtime, member.org_id, invitation_id)
        members.refuse_unmanageable(member, found.role)
        end_withdrawn(found, runtime.clock(), actor=member.email)
    return found


def accept(runtime: Runtime, invitation_id: str, email: str) -> InvitationListed:
    """Makes the person who is signed in with this address a member, in the role in which they were invited. Somebody
    who is a member already stays what they are.

    Raises `NotFound` if it is not theirs or not open, and `Forbidden` if who invited them could not do so now.
    """
    with transaction():
        members.take_turn(_of_address(invitation_id, email).org_id)
        now, person = runtime.clock(), people.locked_by_email(email)
        if person is None or person.disabled_at is not None:
            raise NotFound
        # Once more: it may have been renewed until now.
        found = _of_address(invitation_id, email)
        if memberships.locked_role(person.id, found.org_id) is not None:
            invitations.end(invitation_id, End.ACCEPTED, now)
            return found
        if not _is_open(found, now):
            raise NotFound
        _refuse_lost_right(found)
        if not invitations.end(invitation_id, End.ACCEPTED, now):
            raise NotFound
        memberships.add(found.org_id, person.id, found.role, now)
        audit.member_joined(
            found.org_id,
            at=now,
            person_id=person.id,
            email=email,
            role=found.role.value,
            invited_by=found.inviter or ACTOR,
        )
    return found


def decline(runtime: Runtime, invitation_id: str, email: str) -> InvitationListed:
    """Raises `NotFound` if it is not theirs or not open."""
    with transaction():
        now, found = runtime.clock(), _of_address(invitation_id, email)
        members.take_turn(found.org_id)
        if not invitations.end(invitation_id, End.DECLINED, now):
            raise NotFound
        audit.invitation_declined(found.org_id, at=now, invitation_id=invitation_id, email=email)
    return found


# What follows is for the transactions of this file and `operator_invitations`.


def put(
    runtime: Runtime, org_id: str, address: str, role: Role, now: datetime, *, actor: str, invited_by: str | None
) -> InvitationListed:
    """Invites the address, or renews its invitation. Call it in the turn of `members.take_turn`. Raises
    `ValidationFailed`."""
    _refuse_address(runtime, org_id, address)
    row = invitations.put(org_id, address, role, invited_by=invited_by, now=now, expires_at=now + LIFETIME)
    found = get_open(runtime, row.id)
    audit.invitation_created(org_id, at=now, actor=actor, invitation_id=found.id, email=address, role=role.value)
    _mail(runtime, found)
    return found


def end_withdrawn(found: InvitationListed, now: datetime, *, actor: str) -> None:
    """Raises `NotFound` if it is not open any more."""
    if not invitations.end(found.id, End.WITHDRAWN, now):
        raise NotFound
    audit.invitation_withdrawn(found.org_id, at=now, actor=actor, invitation_id=found.id, email=found.email)


def _refuse_address(runtime: Runtime, org_id: str, address: str) -> None:
    sign_up = runtime.settings.sign_up
    # People who exist are refused as well: otherwise this would tell which of these addresses are known.
    if not isinstance(sign_up, str) and not admits(sign_up, address):
        raise ValidationFailed({"email": f"must end in {' or '.join(f'@{domain}' for domain in sign_up)}"})
    person = people.by_email(address)
    if person is not None and memberships.seen_by(person.id, org_id) is not None:
        raise ValidationFailed({"email": "belongs to a member already"})


def _refuse_lost_right(found: InvitationListed) -> None:
    role = found.invited_by and memberships.locked_role(found.invited_by, found.org_id)
    if is_void(found._replace(inviter_role=role or None)):
        raise Forbidden(refusal(found))


def _mail(runtime: Runtime, found: InvitationListed) -> None:
    person = people.by_email(found.email)
    about = {
        "id": found.id,
        "name": found.org_name,
        "role": found.role.value,
        "by": found.inviter,
        "until": rfc3339(found.expires_at),
    }
    outbox.notify(
        runtime,
        MailKind.INVITATION,
        found.email,
        now=found.created_at,
        wanted=sign_in.may_sign_in(runtime, person, found.email),
        about=json.dumps(about),
    )


def _is_open(found: InvitationListed, now: datetime) -> bool:
    return found.ended_at is None and found.expires_at > now


def _of_organization(runtime: Runtime, org_id: str, invitation_id: str) -> InvitationListed:
    found = get_open(runtime, invitation_id)
    if found.org_id != org_id:
        raise NotFound
    return found


def _of_address(invitation_id: str, email: str) -> InvitationListed:
    found = invitations.get(invitation_id)
    if found is None or found.email != email:
        raise NotFound
    return found
