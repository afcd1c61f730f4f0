"""What operators do with organizations and their members on the command line."""

from collections.abc import Sequence

from app.domain import email_address, names
from app.domain.errors import NotFound
from app.domain.roles import Role
from app.services import audit
from app.services.immediate_revocation import revoking
from app.services.runtime import Runtime
from app.store import keys as key_store
from app.store import organizations, people
from app.store.keys import ApiKey
from app.store.organizations import MemberRow, Organization
from app.store.transaction import transaction

#: The actor in the audit log.
ACTOR = "operator"


def all_organizations() -> Sequence[Organization]:
    return organizations.all_of_them()


def create_organization(runtime: Runtime, name: str) -> Organization:
    """A new organization without members. Raises `ValidationFailed` naming `name`."""
    name = names.cleaned(name)
    with transaction():
        now = runtime.clock()
        organization = organizations.add(name, now)
        audit.organization_created(organization.id, at=now, actor=ACTOR, owner=None)
    return organization


def organization(org: str) -> Organization:
    """The organization with this ID, or with this name if only one has it. Raises `NotFound`."""
    matches = organizations.by_id_or_name(org)
    if len(matches) != 1:
        found = "Several organizations have this name; use an ID." if matches else "There is no such organization."
        raise NotFound(f"{org}: {found} See: orgs list")
    return matches[0]


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


def add_member(runtime: Runtime, org: str, email: str, role: Role) -> None:
    """Adds a member, or changes the role of one. A person who is new may then sign in, whatever `SIGN_UP` says. Raises
    `NotFound` and `ValidationFailed`."""
    address = email_address.normalise(email)
    with revoking(runtime) as revocation:
        now = runtime.clock()
        found = organization(org)
        person = people.by_email(address) or people.add(address, now)
        organizations.put_member(found.id, person.id, role, now)
        audit.member_added(found.id, at=now, actor=ACTOR, person_id=person.id, email=address, role=role.value)
        revocation.affects(found.id)


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
        for key in created if revoke_keys else ():
            key.revoked_at = now
            audit.key_revoked(key, at=now, actor=ACTOR)
        revocation.affects(found.id)
    return created


def _no_member(address: str, org: Organization) -> NotFound:
    return NotFound(f"{address} is not a member of {org.name}.")


def set_person_disabled(runtime: Runtime, email: str, *, disabled: bool) -> None:
    """Disables or enables a person: their sessions, session tokens and sign-up keys are refused from now on, or work
    again. Raises `NotFound`."""
    address = email_address.normalise(email)
    with revoking(runtime) as revocation:
        now = runtime.clock()
        person = people.by_email(address)
        if person is None:
            raise NotFound(f"There is no person with the address {address}.")
        if (person.disabled_at is not None) == disabled:
            revocation.nothing_changed()
            return
        person.disabled_at = now if disabled else None
        affected = organizations.lock_of(person.id, also=key_store.organizations_with_sign_up_keys(person.id))
        for found in organizations.of_person(person.id):
            audit.member_switched(found.id, at=now, actor=ACTOR, person_id=person.id, email=address, disabled=disabled)
        revocation.affects(*affected)
