"""What operators do with organizations and their members on the command line."""

from collections.abc import Sequence
from datetime import datetime

from app.domain import email_address, member_roles, name_rules
from app.domain.errors import NotFound
from app.domain.key_origin import KeyOrigin
from app.domain.member_roles import Role
from app.domain.organization_deletion import erased_at
from app.domain.revocation_reason import RevocationReason
from app.services import audit, organization_settings
from app.services.immediate_revocation import revoking
from app.services.runtime import Runtime
from app.store import keys as key_store
from app.store import organization_deletion, organizations, people
from app.store.keys import ApiKey
from app.store.organizations import MemberRow, Organization
from app.store.transaction import transaction

#: The actor in the audit log.
ACTOR = "operator"


def all_organizations(runtime: Runtime) -> Sequence[Organization]:
    """Oldest first, with deleted ones that can still be brought back."""
    now = runtime.clock()
    return [org for org in organizations.all_of_them() if org.deleted_at is None or now < erased_at(org.deleted_at)]


def create_organization(runtime: Runtime, name: str) -> Organization:
    """A new organization without members. Raises `ValidationFailed` naming `name`."""
    name = name_rules.cleaned(name)
    with transaction():
        now = runtime.clock()
        organization = organizations.add(name, now)
        audit.organization_created(organization.id, at=now, actor=ACTOR, owner=None)
    return organization


def organization(org: str) -> Organization:
    """The organization with this ID, or with this name if only one has it. Raises `NotFound`."""
    matches = organizations.by_id_or_name(org)
    if len(matches) != 1:
        if matches:
            raise NotFound(f"{org}: Several organizations have this name; use an ID. See: orgs list")
        if organization_deletion.by_id_or_name(org):
            raise NotFound(f"{org}: This organization was deleted. To bring it back: orgs restore {org}")
        raise NotFound(f"{org}: There is no such organization. See: orgs list")
    return matches[0]


def rename_organization(runtime: Runtime, org: str, name: str) -> str:
    """The new name. Raises `NotFound`, `ValidationFailed` and `Forbidden`."""
    name = name_rules.cleaned_of_organization(name)
    with revoking(runtime) as revocation:
        found = organization(org)
        organization_settings.rename_within(found.id, name, runtime.clock(), ACTOR, revocation)
    return name


def set_organization_disabled(runtime: Runtime, org: str, *, disabled: bool) -> Organization:
    """Disables or enables an organization: all its keys are refused from now on, or work again. Raises `NotFound`."""
    with revoking(runtime) as revocation:
        now = runtime.clock()
        found = organization(org)
        if (found.disabled_at is not None) == disabled:
            revocation.nothing_changed()
        else:
            found.disabled_at = now if disabled else None
            audit.organization_switched(found.id, at=now, actor=ACTOR, disabled=disabled)
            revocation.affects(found.id)
    return found


def members(org: str) -> Sequence[MemberRow]:
    """Raises `NotFound`."""
    return organizations.members(organization(org).id)


def add_member(runtime: Runtime, org: str, email: str, role: Role, *, revoke_keys: bool = False) -> Sequence[ApiKey]:
    """Adds a member, or changes the role of one. A person who is new may then sign in, whatever `SIGN_UP` says. Returns
    the active keys that they created in the organization and could not create in this role, oldest first, which were
    revoked or keep working. Raises `NotFound` and `ValidationFailed`."""
    address = email_address.normalise(email)
    with revoking(runtime) as revocation:
        now = runtime.clock()
        found = organization(org)
        person = people.by_email(address) or people.add(address, now)
        organizations.put_member(found.id, person.id, role, now)
        beyond = [
            key
            for key in key_store.working_of_creator(found.id, person.id, now)
            if not member_roles.may_grant(role, runtime.settings.policy.granted(key.scopes))
        ]
        audit.member_added(found.id, at=now, actor=ACTOR, person_id=person.id, email=address, role=role.value)
        if revoke_keys:
            _revoke(beyond, now)
        revocation.affects(found.id)
    return beyond


def keys_created_by(runtime: Runtime, org: str, email: str) -> Sequence[ApiKey]:
    """The active keys that the member created in the organization, oldest first. Raises `NotFound`."""
    address = email_address.normalise(email)
    with transaction():
        found = organization(org)
        person = people.by_email(address)
        if person is None or organizations.seen_by(person.id, found.id) is None:
            raise _no_member(address, found)
        return key_store.working_of_creator(found.id, person.id, runtime.clock())


def remove_member(runtime: Runtime, org: str, email: str, *, revoke_keys: bool = False) -> Sequence[ApiKey]:
    """Removes a member, and returns the active keys that they created in the organization, oldest first, which were
    revoked or keep working. Raises `NotFound`."""
    address = email_address.normalise(email)
    with revoking(runtime) as revocation:
        now = runtime.clock()
        found = organization(org)
        person = people.by_email(address)
        if person is None or not organizations.remove_member(found.id, person.id):
            raise _no_member(address, found)
        created = key_store.working_of_creator(found.id, person.id, now)
        audit.member_removed(found.id, at=now, actor=ACTOR, person_id=person.id, email=address)
        if revoke_keys:
            _revoke(created, now)
        revocation.affects(found.id)
    return created


def _revoke(created: Sequence[ApiKey], now: datetime) -> None:
    for key in created:
        key.revoke(now, RevocationReason.MEMBER_REMOVED)
        audit.key_revoked(key, at=now, actor=ACTOR)


def _no_member(address: str, org: Organization) -> NotFound:
    return NotFound(f"{address} is not a member of {org.name}.")


def set_person_disabled(runtime: Runtime, email: str, *, disabled: bool, revoke_keys: bool = False) -> Sequence[ApiKey]:
    """Disables or enables a person: their sessions, session tokens and sign-up keys are refused from now on, or work
    again. Disabling returns the active keys that they created in any organization, oldest first: with `revoke_keys` all
    of them, which were revoked, otherwise those that work although the person is disabled. Raises `NotFound`."""
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
        created = key_store.working_of_creator(None, person.id, now) if disabled else []
        theirs = {*key_store.organizations_with_sign_up_keys(person.id), *(key.org_id for key in created)}
        affected = organizations.lock_of(person.id, also=sorted(theirs))
        for found in () if is_as_wanted else organizations.of_person(person.id):
            audit.member_switched(found.id, at=now, actor=ACTOR, person_id=person.id, email=address, disabled=disabled)
        if revoke_keys:
            _revoke(created, now)
        if is_as_wanted and not (revoke_keys and created):
            revocation.nothing_changed()
        else:
            revocation.affects(*affected)
    return created if revoke_keys else [key for key in created if key.origin != KeyOrigin.SIGN_UP]
