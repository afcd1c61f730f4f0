"""The members of an organization, and what may be done to them. Removing one is in `member_removal`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from app.domain import member_roles
from app.domain.errors import Forbidden, KeysUndecided, LastOwner, NotFound, ValidationFailed
from app.domain.member_roles import Permission, Role
from app.domain.revocation_reason import RevocationReason
from app.domain.rfc3339 import rfc3339
from app.services import audit, organizations
from app.services.organizations import Member
from app.services.revocation_barrier import revoking
from app.services.runtime import Runtime
from app.store import keys, members, memberships, people
from app.store.keys import ListedKey
from app.store.members import MemberListed, MemberRole
from app.store.transaction import take_turns

#: How many keys an error lists.
MOST_NAMED = 1000

#: How many keys are decided about at once: each takes a millisecond or two of a transaction that must not become long.
MOST_KEYS = 1000


def everybody(runtime: Runtime, member: Member) -> Sequence[MemberListed]:
    """All members, in the order of joining."""
    return members.page(member.org_id, runtime.clock())


def owners(member: Member) -> Sequence[MemberRole]:
    """The owners who may sign in, in the order of joining."""
    return [found for found in members.who_may_sign_in(member.org_id) if found.role is Role.OWNER]


def get(runtime: Runtime, member: Member, person_id: str) -> MemberListed:
    """Raises `NotFound`."""
    found = members.get(member.org_id, person_id, runtime.clock())
    if found is None:
        raise NotFound
    return found


def to_json(found: MemberListed) -> dict[str, Any]:
    """As the API and the command line answer it."""
    return {
        "id": found.person_id,
        "email": found.email,
        "role": found.role.value,
        "since": rfc3339(found.since),
        "last_seen": rfc3339(found.last_seen) if found.last_seen else None,
        "keys": found.keys,
        "disabled": found.disabled,
    }


def manageable(runtime: Runtime, member: Member, person_id: str) -> MemberListed:
    """Somebody whom this member may give another role, or remove. Raises `NotFound` and `Forbidden`."""
    found = get(runtime, member, person_id)
    refuse_unmanageable(member, found.role)
    return found


def roles_to_give(member: Member) -> list[Role]:
    """From the highest to the lowest."""
    return [role for role in Role if member_roles.may_manage_member(member.role, role)]


def set_role(
    runtime: Runtime,
    member: Member,
    person_id: str,
    role: Role,
    *,
    revoke_keys: bool | None = None,
    seen: Collection[str] | None = None,
) -> MemberListed:
    """Gives a member another role. `revoke_keys`: whether the working keys that belong to them and that they could not
    create in the new role are revoked, or keep working; None: it is not decided. `seen`: the IDs of the keys that it
    was decided about; None: whichever there are.

    Raises `NotFound`, `Forbidden`, `LastOwner`, `KeysUndecided` and `Busy`.
    """
    with revoking(runtime, org_id=member.org_id) as revocation:
        now = runtime.clock()
        take_turn(member.org_id)
        member = organizations.still_member(member)
        was = locked_role(member.org_id, person_id)
        refuse_unmanageable(member, was)
        refuse_unmanageable(member, role)
        if was is role:
            revocation.nothing_changed()
        else:
            if was is Role.OWNER:
                refuse_last_owner(member.org_id, person_id)
            beyond = beyond_role(runtime, role, keys.working_of_owner(member.org_id, person_id, now, lock=True))
            if revoke_keys:
                refuse_too_many(len(beyond))
            is_seen = seen is None or {listed.key.id for listed in beyond} <= set(seen)
            if beyond and not (is_seen and revoke_keys is not None):
                raise undecided(beyond, f"The role {role.value} could not create these keys. Say what happens to them.")
            memberships.put(member.org_id, person_id, role, now)
            audit.member_role_changed(
                member.org_id,
                at=now,
                actor=member.email,
                person_id=person_id,
                email=email_of(person_id),
                was=was.value,
                role=role.value,
            )
            revoke(beyond if revoke_keys else [], now, actor=member.email, by=member.person_id)
            revocation.affects(member.org_id)
    return get(runtime, member, person_id)


def keys_beyond(runtime: Runtime, member: Member, person_id: str, role: Role) -> list[ListedKey]:
    """The working keys that belong to the person and that they could not create in this role, oldest first."""
    return beyond_role(runtime, role, keys.working_of_owner(member.org_id, person_id, runtime.clock()))


# What follows is for the transactions of this file, `member_removal` and `operator_organizations`.


def take_turn(org_id: str) -> None:
    """Who changes memberships of the organization comes first and alone, so that no two of them can each rely on an
    owner whom the other one removes."""
    take_turns(f"members:{org_id}")


def locked_role(org_id: str, person_id: str) -> Role:
    """Raises `NotFound` for somebody who is no member."""
    role = members.role_for_change(org_id, person_id)
    if role is None:
        raise NotFound
    return role


def refuse_unmanageable(member: Member, role: Role) -> None:
    """Raises `Forbidden` if this member may not give this role, or change somebody who has it."""
    if not member_roles.allows(member.role, Permission.MANAGE_MEMBERS):
        raise Forbidden("Your role does not let you manage members. Ask an owner or admin.")
    if not member_roles.may_manage_member(member.role, role):
        raise Forbidden("Only an owner can make somebody an owner, or change or remove an owner. Ask one.")


def refuse_last_owner(org_id: str, person_id: str, way_out: str | None = None) -> None:
    """Raises `LastOwner` if the person, who is an owner, is the only one who may sign in. `way_out`: what to say."""
    if not members.has_other_owner(org_id, person_id):
        raise LastOwner(way_out)


def refuse_too_many(number: int) -> None:
    """Raises `ValidationFailed` for more keys than one request decides about."""
    if number > MOST_KEYS:
        raise ValidationFailed(
            {"keys": f"are {number:,}, more than {MOST_KEYS:,}; revoke some in the list of keys first"}
        )


def beyond_role(runtime: Runtime, role: Role, found: Sequence[ListedKey]) -> list[ListedKey]:
    """Those of the keys that somebody in this role could not create."""
    policy = runtime.settings.policy
    return [listed for listed in found if not member_roles.may_grant(role, policy.granted(listed.key.scopes))]


def revoke(found: Sequence[ListedKey], now: datetime, *, actor: str, by: str | None = None) -> None:
    """Revokes locked keys of a member who left, or has a lesser role. `by`: the ID of the person who decided it."""
    for listed in found:
        listed.key.revoke(now, RevocationReason.MEMBER_REMOVED, by=by)
        audit.key_revoked(listed.key, at=now, actor=actor)


def undecided(found: Sequence[ListedKey], message: str | None = None) -> KeysUndecided:
    named: list[dict[str, Any]] = [
        {"id": key.id, "name": key.name, "start": key.start} for key in (listed.key for listed in found[:MOST_NAMED])
    ]
    return KeysUndecided(message, keys=named)


def email_of(person_id: str) -> str:
    person = people.get(person_id)
    return person.email if person else person_id
