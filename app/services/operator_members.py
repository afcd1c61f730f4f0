"""What operators do with members of organizations, and with people, on the command line."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.domain import email_address
from app.domain.errors import KeyNotActive, NotFound
from app.domain.key_origin import KeyOrigin
from app.domain.member_roles import Role
from app.services import audit, key_owners, key_rotation, member_removal, members
from app.services.key_owners import Owner
from app.services.keys import IssuedKey
from app.services.operator_organizations import ACTOR, organization, organization_in_turn
from app.services.revocation_barrier import Revocation, revoking
from app.services.runtime import Runtime
from app.store import (
    device_grants,
    invitations,
    memberships,
    people,
    sign_up_keys,
)
from app.store import keys as key_store
from app.store import members as member_store
from app.store.invitations import End
from app.store.keys import ApiKey, ListedKey
from app.store.members import MemberListed
from app.store.organizations import Organization
from app.store.people import Person
from app.store.transaction import transaction

_WAY_OUT = "Nobody else is an owner who can sign in. Make somebody an owner first, or say --last-owner."


def everybody(runtime: Runtime, org: str) -> Sequence[MemberListed]:
    """The organization's members, in the order of joining. Raises `NotFound`."""
    return member_store.page(organization(org).id, runtime.clock())


def add_member(
    runtime: Runtime, org: str, email: str, role: Role, *, revoke_keys: bool = False, last_owner: bool = False
) -> Sequence[ApiKey]:
    """Adds a member, or changes the role of one. A person who is new may then sign in, whatever `SIGN_UP` says. Returns
    the active keys of the organization that belong to them and that they could not create in this role, oldest first,
    which were revoked or keep working. `last_owner`: even if nobody else is an owner. Raises `NotFound`,
    `ValidationFailed` and `LastOwner`."""
    address = email_address.normalise(email)
    with revoking(runtime) as revocation:
        found = organization_in_turn(org)
        person = people.by_email(address) or people.add(address, runtime.clock())
        beyond = _put_member(runtime, found, person, role, revoke_keys=revoke_keys, last_owner=last_owner)
        revocation.affects(found.id)
    return beyond


def set_role(
    runtime: Runtime, org: str, email: str, role: Role, *, revoke_keys: bool = False, last_owner: bool = False
) -> Sequence[ApiKey]:
    """As `add_member`, for somebody who is a member already. Raises `NotFound` and `LastOwner`."""
    address = email_address.normalise(email)
    with revoking(runtime) as revocation:
        found = organization_in_turn(org)
        person = _member(address, found)
        beyond = _put_member(runtime, found, person, role, revoke_keys=revoke_keys, last_owner=last_owner)
        revocation.affects(found.id)
    return beyond


def _put_member(
    runtime: Runtime, org: Organization, person: Person, role: Role, *, revoke_keys: bool, last_owner: bool
) -> Sequence[ApiKey]:
    now, was = runtime.clock(), member_store.role_for_change(org.id, person.id)
    if was is Role.OWNER and role is not Role.OWNER and not last_owner:
        members.refuse_last_owner(org.id, person.id, _WAY_OUT)
    memberships.put(org.id, person.id, role, now)
    beyond = members.beyond_role(runtime, role, key_store.working_of_owner(org.id, person.id, now, lock=True))
    about: dict[str, Any] = {"at": now, "actor": ACTOR, "person_id": person.id, "email": person.email}
    if was is None:
        # Otherwise it would let them back in once they are removed.
        invitations.end_pending(org.id, person.email, End.ADDED, now)
        audit.member_added(org.id, role=role.value, **about)
    elif was is not role:
        audit.member_role_changed(org.id, was=was.value, role=role.value, **about)
    members.revoke(beyond if revoke_keys else [], now, actor=ACTOR)
    return [listed.key for listed in beyond]


def keys_of_member(runtime: Runtime, org: str, email: str) -> Sequence[ApiKey]:
    """The active keys of the organization that belong to the member, oldest first. Raises `NotFound`."""
    address = email_address.normalise(email)
    with transaction():
        found = organization(org)
        theirs = key_store.working_of_owner(found.id, _member(address, found).id, runtime.clock())
    return [listed.key for listed in theirs]


def remove_member(
    runtime: Runtime,
    org: str,
    email: str,
    *,
    revoke_keys: bool = False,
    hand_over_keys: bool = False,
    to: str | None = None,
    last_owner: bool = False,
) -> Sequence[ApiKey]:
    """Removes a member, and returns the active keys of the organization that belonged to them, oldest first, which were
    revoked, or handed over, or else keep working without an owner. `to`: the address of the member who gets them; None:
    the organization. `last_owner`: even if nobody else is an owner. Raises `NotFound`, `LastOwner`, and
    `ValidationFailed` naming `owner`."""
    with revoking(runtime) as revocation:
        now, leaver, owner, theirs = _removed(runtime, revocation, org, email, to, last_owner=last_owner)
        members.revoke(theirs if revoke_keys else [], now, actor=ACTOR)
        for listed in theirs if hand_over_keys else []:
            key_owners.hand_over(runtime, listed.key, owner, was=leaver, at=now, actor=ACTOR)
    return [listed.key for listed in theirs]


def remove_member_and_rotate_keys(
    runtime: Runtime,
    org: str,
    email: str,
    *,
    to: str | None = None,
    overlap_seconds: int = 0,
    last_owner: bool = False,
) -> Sequence[IssuedKey]:
    """As `remove_member`, and replaces their active keys: returns the successors, oldest key first, whose plaintext is
    handed out once and which belong to `to`. The old keys stop working after the overlap. Raises, too, `KeyNotActive`
    if one of the keys cannot be rotated, and `ValidationFailed` naming `keys` (too many) or `overlap_seconds`."""
    key_rotation.check_overlap(overlap_seconds)
    with revoking(runtime) as revocation:
        now, leaver, owner, theirs = _removed(runtime, revocation, org, email, to, last_owner=last_owner)
        member_removal.refuse_too_many_rotated(len(theirs))
        _refuse_unrotatable(theirs, now)
        successors = []
        for listed in theirs:
            key_owners.hand_over(runtime, listed.key, owner, was=leaver, at=now, actor=ACTOR)
            issued = key_rotation.rotate_as_operator(
                runtime, listed.key, revocation, overlap_seconds=overlap_seconds, actor=ACTOR, owner=owner
            )
            successors.append(issued)
    return successors


def _removed(
    runtime: Runtime, revocation: Revocation, org: str, email: str, to: str | None, *, last_owner: bool
) -> tuple[datetime, str, Owner, Sequence[ListedKey]]:
    """Ends a membership. When, the address of who was a member, who gets their keys if they are handed over, and their
    active keys, locked."""
    address, now = email_address.normalise(email), runtime.clock()
    found = organization_in_turn(org)
    person = _member(address, found)
    device_grants.deny_approved(found.id, person.id)
    if member_store.role_for_change(found.id, person.id) is Role.OWNER and not last_owner:
        members.refuse_last_owner(found.id, person.id, _WAY_OUT)
    memberships.remove(found.id, person.id)
    # Members are locked before keys.
    owner = key_owners.new_owner(found.id, to)
    theirs = key_store.working_of_owner(found.id, person.id, now, lock=True)
    audit.member_removed(found.id, at=now, actor=ACTOR, person_id=person.id, email=address)
    revocation.affects(found.id)
    return now, address, owner, theirs


def _refuse_unrotatable(theirs: Sequence[ListedKey], now: datetime) -> None:
    """Raises `KeyNotActive` naming every key that stands in the way."""
    refused = []
    for key in (listed.key for listed in theirs):
        try:
            key_rotation.refuse_unrotatable(key, now)
        except KeyNotActive:
            refused.append(f"{key.name} ({key.start}***)")
    if refused:
        raise KeyNotActive(
            f"Nothing was changed: these keys are suspended, or were rotated already: {', '.join(refused)}."
            " Revoke them first, or choose something else for all keys."
        )


def _member(address: str, org: Organization) -> Person:
    """Raises `NotFound`."""
    person = people.by_email(address)
    if person is None or memberships.seen_by(person.id, org.id) is None:
        raise NotFound(f"{address} is not a member of {org.name}.")
    return person


def set_person_disabled(runtime: Runtime, email: str, *, disabled: bool, revoke_keys: bool = False) -> Sequence[ApiKey]:
    """Disables or enables a person: their sessions, session tokens and sign-up keys are refused from now on, or work
    again. Disabling returns the active keys of any organization that belong to them, oldest first: with `revoke_keys`
    all of them, which were revoked, otherwise those that work although the person is disabled. Raises `NotFound`."""
    address = email_address.normalise(email)
    with revoking(runtime) as revocation:
        now = runtime.clock()
        person = people.by_email(address)
        if person is None:
            raise NotFound(f"There is no person with the address {address}.")
        is_as_wanted = (person.disabled_at is not None) == disabled
        if not is_as_wanted:
            person.disabled_at = now if disabled else None
        # Keys are locked before organizations.
        theirs = key_store.working_of_owner(None, person.id, now, lock=True) if disabled else []
        org_ids = {*sign_up_keys.organizations_with(person.id), *(listed.key.org_id for listed in theirs)}
        affected = memberships.lock_organizations(person.id, also=sorted(org_ids))
        for found in () if is_as_wanted else memberships.of_person(person.id):
            audit.member_switched(found.id, at=now, actor=ACTOR, person_id=person.id, email=address, disabled=disabled)
        if revoke_keys:
            members.revoke(theirs, now, actor=ACTOR)
        if is_as_wanted and not (revoke_keys and theirs):
            revocation.nothing_changed()
        else:
            revocation.affects(*affected)
    return [listed.key for listed in theirs if revoke_keys or listed.key.origin != KeyOrigin.SIGN_UP]
