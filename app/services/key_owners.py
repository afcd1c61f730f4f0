"""Whom a key belongs to: a member, or the organization. Who created it stays on record."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.domain import email_address, key_settings_ceiling, member_roles
from app.domain.errors import Forbidden, ValidationFailed
from app.domain.key_origin import KeyOrigin
from app.domain.member_roles import Permission, Role
from app.services import audit
from app.services.organizations import Member
from app.services.runtime import Runtime
from app.store import members, memberships, people
from app.store.keys import ApiKey


class Owner(NamedTuple):
    """All are None for the organization."""

    person_id: str | None = None
    email: str | None = None
    role: Role | None = None


THE_ORGANIZATION = Owner()


def new_owner(org_id: str, email: str | None) -> Owner:
    """The member with this address, who stays one until the transaction ends; None: the organization. Call it before
    keys are locked. Raises `ValidationFailed` naming `owner` for somebody who may not create keys here."""
    if email is None:
        return THE_ORGANIZATION
    try:
        person = people.by_email(email_address.normalise(email))
    except ValidationFailed:
        person = None
    role = memberships.locked_role(person.id, org_id) if person else None
    if person is None or role is None or not member_roles.allows(role, Permission.CREATE_KEYS):
        raise ValidationFailed({"owner": "must be the address of a member who may create keys; null: the organization"})
    return Owner(person.id, person.email, role)


def hand_over(runtime: Runtime, key: ApiKey, to: Owner, *, was: str | None, at: datetime, actor: str) -> bool:
    """Gives a locked key to somebody, and returns whether it was not theirs already. `was`: the address of its owner so
    far. A sign-up key stops being one: no sign-up gives its text again, and it outlives who signed up.

    Who may not manage all keys gets it with its settings as bounds. Raises `Forbidden` for the sign-up key of somebody
    whom the operator disabled, which would work again, and `ValidationFailed` naming `owner` for somebody whose role
    may not give a key its scopes.
    """
    if key.owner_id == to.person_id:
        return False
    if is_stopped(key):
        raise Forbidden("The operator has disabled the person who signed up with this key. Revoke it instead.")
    if to.role and not member_roles.may_grant(to.role, runtime.settings.policy.granted(key.scopes)):
        raise ValidationFailed({"owner": f"may not give a key its scopes as {to.role.value}; choose somebody else"})
    key.owner_id = to.person_id
    if key.origin == KeyOrigin.SIGN_UP:
        key.origin = KeyOrigin.DASHBOARD.value
    if to.role and not member_roles.allows(to.role, Permission.MANAGE_ALL_KEYS):
        key.bounds = key_settings_ceiling.moved(key.bounds, key.settings)
    audit.key_changed(key, at=at, actor=actor, old={"owner": was}, new={"owner": to.email})
    return True


def is_stopped(key: ApiKey) -> bool:
    """Whether the key is refused because the operator disabled whoever signed up with it."""
    person = people.get(key.created_by or "") if key.origin == KeyOrigin.SIGN_UP else None
    return person is not None and person.disabled_at is not None


def possible_owners(member: Member) -> Sequence[Owner]:
    """Those of the organization's members who may create keys, in the order of joining."""
    return [
        Owner(found.person_id, found.email, found.role)
        for found in members.who_may_sign_in(member.org_id)
        if member_roles.allows(found.role, Permission.CREATE_KEYS)
    ]
