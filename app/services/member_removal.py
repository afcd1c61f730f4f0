"""Removing a member, and leaving: what happens to the keys that belong to them is decided in the same transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from app.domain.errors import DomainError, Forbidden, ValidationFailed
from app.domain.key_status import is_working
from app.domain.member_roles import Role
from app.services import audit, key_owners, key_quotas, key_rotation, keys, members, organizations
from app.services.key_owners import Owner
from app.services.keys import IssuedKey
from app.services.organizations import Member
from app.services.revocation_barrier import revoking
from app.services.runtime import Runtime
from app.store import device_grants, memberships
from app.store import keys as key_store
from app.store.keys import ListedKey

#: How long the keys that are rotated keep working, in seconds, unless it is said.
OVERLAP_SECONDS = 86_400
#: How many keys are rotated at once: each takes ten milliseconds of the transaction.
MOST_ROTATED = 100
#: Keys that were used since then are probably needed.
USED_WITHIN = timedelta(days=30)


class KeyAction(StrEnum):
    HAND_OVER = "hand_over"
    ROTATE = "rotate"
    REVOKE = "revoke"


class KeyDecision(NamedTuple):
    """What happens to a key. `owner`: the address of the member whom it, or its successor, will belong to; None: the
    organization."""

    action: KeyAction
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Decisions:
    """`keys` by their IDs. `others`: what happens to all keys that are not named; None: there must be none."""

    keys: Mapping[str, KeyDecision] = field(default_factory=dict)
    others: KeyDecision | None = None
    overlap_seconds: int = OVERLAP_SECONDS


class Replaced(NamedTuple):
    old: ListedKey
    successor: IssuedKey


class Removed(NamedTuple):
    """`replaced`: the keys that were rotated, with their successors, whose plaintext is handed out once."""

    email: str
    replaced: Sequence[Replaced]


class LeftKey(NamedTuple):
    """A key of somebody who goes, and what is suggested for it."""

    listed: ListedKey
    #: None: it can be rotated. Else why not.
    not_rotatable: str | None
    suggested: KeyAction


def left_keys(runtime: Runtime, member: Member, person_id: str) -> list[LeftKey]:
    """The working keys that belong to the person, last used first. `member`: who removes them, or the person."""
    now = runtime.clock()
    found = [
        _left_key(runtime, member, person_id, listed, now)
        for listed in key_store.working_of_owner(member.org_id, person_id, now)
    ]
    never = datetime.min.replace(tzinfo=now.tzinfo)
    return sorted(found, key=lambda left: left.listed.last_let_through or never, reverse=True)


def remove(runtime: Runtime, member: Member, person_id: str, decisions: Decisions) -> Removed:
    """Removes the person from the member's organization, or lets the member leave it if it is they themselves. Their
    access ends with it, and what they approved for agents that have no key yet.

    Raises `NotFound`, `Forbidden`, `LastOwner`, `KeysUndecided` if they have keys about which nothing is decided or
    something is decided about a key that is no working one of theirs, `ValidationFailed` naming `owner`, `keys` (too
    many) or `overlap_seconds`, what rotating a key raises, and `Busy`. Then nothing is changed.
    """
    key_rotation.check_overlap(decisions.overlap_seconds)
    with revoking(runtime, org_id=member.org_id) as revocation:
        now, leaves = runtime.clock(), person_id == member.person_id
        members.take_turn(member.org_id)
        device_grants.deny_approved(member.org_id, person_id)
        member = _still_allowed_to_remove(member, person_id)
        memberships.remove(member.org_id, person_id)
        # Members are locked before keys.
        owners = _owners(member, decisions, leaves=leaves)
        found = key_store.working_of_owner(member.org_id, person_id, now, lock=True)
        decided = _decided(found, decisions)
        if any(decision.action is KeyAction.ROTATE for _, decision in decided):
            # Turns come before organizations, as where keys are created.
            key_quotas.take_turn(member.person_id)
        email = members.email_of(person_id)
        if leaves:
            audit.member_left(member.org_id, at=now, person_id=person_id, email=email)
        else:
            audit.member_removed(member.org_id, at=now, actor=member.email, person_id=person_id, email=email)
        replaced = []
        for listed, decision in decided:
            if decision.action is KeyAction.REVOKE:
                members.revoke([listed], now, actor=member.email, by=member.person_id)
                continue
            owner = owners[decision.owner]
            key_owners.hand_over(runtime, listed.key, owner, was=email, at=now, actor=member.email)
            if decision.action is KeyAction.ROTATE:
                successor = key_rotation.rotate_locked(
                    runtime, member, listed.key, revocation, overlap_seconds=decisions.overlap_seconds, owner=owner
                )
                replaced.append(Replaced(listed, successor))
        revocation.affects(member.org_id)
    return Removed(email, replaced)


def decide_some(
    runtime: Runtime, member: Member, person_id: str, key_ids: Collection[str], decision: KeyDecision
) -> int:
    """A step before `remove`, for somebody who has more keys than one request decides about: revokes or hands over
    those of these keys that are working ones of theirs, and returns how many these were. The person stays a member.

    Raises `NotFound`, `Forbidden`, `LastOwner`, `ValidationFailed` naming `owner`, `others` or `keys`, and `Busy`. Then
    nothing is changed.
    """
    if decision.action is KeyAction.ROTATE:
        raise ValidationFailed({"others": "cannot be rotated together; hand them over or revoke them"})
    members.refuse_too_many(len(key_ids))
    with revoking(runtime, org_id=member.org_id) as revocation:
        now, leaves = runtime.clock(), person_id == member.person_id
        members.take_turn(member.org_id)
        member = _still_allowed_to_remove(member, person_id)
        # Members are locked before keys.
        owner = _owners(member, Decisions(others=decision), leaves=leaves).get(decision.owner)
        if owner and owner.person_id == person_id:
            raise ValidationFailed({"owner": "must be somebody else"})
        wanted = set(key_ids)
        theirs = key_store.working_of_owner(member.org_id, person_id, now, lock=True)
        found = [listed for listed in theirs if listed.key.id in wanted]
        if owner is None:
            members.revoke(found, now, actor=member.email, by=member.person_id)
        else:
            email = members.email_of(person_id)
            for listed in found:
                key_owners.hand_over(runtime, listed.key, owner, was=email, at=now, actor=member.email)
        revocation.affects(member.org_id)
    return len(found)


def _still_allowed_to_remove(member: Member, person_id: str) -> Member:
    """The member as they are now. Raises `NotFound`, `Forbidden` and `LastOwner`."""
    member = organizations.still_member(member)
    role = members.locked_role(member.org_id, person_id)
    if person_id != member.person_id:
        members.refuse_unmanageable(member, role)
    if role is Role.OWNER:
        members.refuse_last_owner(member.org_id, person_id)
    return member


def _left_key(runtime: Runtime, member: Member, person_id: str, listed: ListedKey, now: datetime) -> LeftKey:
    is_used = listed.last_let_through is not None and now - listed.last_let_through <= USED_WITHIN
    why = "only who stays can get its successor" if member.person_id == person_id else None
    if why is None and not is_working(listed.key, now):
        why = "it is suspended"
    elif why is None and listed.is_replaced:
        why = "it is being replaced already"
    elif why is None:
        why = _not_grantable(runtime, member, listed)
    if key_owners.is_stopped(listed.key):
        return LeftKey(listed, "the operator has disabled its person", KeyAction.REVOKE)
    if not is_used:
        return LeftKey(listed, why, KeyAction.REVOKE)
    return LeftKey(listed, why, KeyAction.HAND_OVER if why else KeyAction.ROTATE)


def _not_grantable(runtime: Runtime, member: Member, listed: ListedKey) -> str | None:
    try:
        keys.refuse_ungrantable(runtime, member, listed.key.scopes)
    except DomainError:
        return "it has a scope that you cannot give to a key"
    return None


def _owners(member: Member, decisions: Decisions, *, leaves: bool) -> dict[str | None, Owner]:
    """Those whom keys are handed over to, by what the decisions call them, locked in one order."""
    every = [*decisions.keys.values(), *([decisions.others] if decisions.others else [])]
    if leaves and any(decision.action is KeyAction.ROTATE for decision in every):
        raise Forbidden("Who leaves cannot rotate their keys. Hand them over to an owner, who can, or revoke them.")
    wanted = {decision.owner for decision in every if decision.action is not KeyAction.REVOKE}
    owners = {email: key_owners.new_owner(member.org_id, email) for email in sorted(wanted, key=lambda it: it or "")}
    for owner in owners.values():
        if leaves and owner.person_id and not _is_owner(member.org_id, owner.person_id):
            raise ValidationFailed({"owner": "must be an owner of the organization, or null: the organization"})
    return owners


def _is_owner(org_id: str, person_id: str) -> bool:
    return memberships.locked_role(person_id, org_id) is Role.OWNER


def _decided(found: Sequence[ListedKey], decisions: Decisions) -> list[tuple[ListedKey, KeyDecision]]:
    theirs = {listed.key.id for listed in found}
    if decisions.keys.keys() - theirs:
        raise members.undecided(
            found,
            "Keys of this member were revoked, have expired or were handed over in the meantime. Decide again.",
        )
    decided = [(listed, decisions.keys.get(listed.key.id) or decisions.others) for listed in found]
    if any(decision is None for _, decision in decided):
        raise members.undecided(found)
    members.refuse_too_many(len(decided))
    refuse_too_many_rotated(sum(decision.action is KeyAction.ROTATE for _, decision in decided if decision))
    return [(listed, decision) for listed, decision in decided if decision is not None]


def refuse_too_many_rotated(rotated: int) -> None:
    """Raises `ValidationFailed` naming `keys`."""
    if rotated > MOST_ROTATED:
        raise ValidationFailed({"keys": f"to rotate are {rotated:,}, more than {MOST_ROTATED}; rotate some before"})
