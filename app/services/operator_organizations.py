"""What operators do with organizations on the command line."""

from collections.abc import Sequence

from app.domain import name_rules
from app.domain.errors import NotFound
from app.domain.organization_deletion import erased_at
from app.services import audit, members, organization_settings
from app.services.revocation_barrier import revoking
from app.services.runtime import Runtime
from app.store import (
    organization_deletion,
    organizations,
)
from app.store.organizations import Organization
from app.store.transaction import transaction

#: The actor in the audit log.
ACTOR = "operator"


def all_organizations(runtime: Runtime) -> Sequence[Organization]:
    """Oldest first, with deleted ones that can still be brought back."""
    now = runtime.clock()
    return [org for org in organizations.all_of_them() if org.deleted_at is None or now < erased_at(org.deleted_at)]


def create_organization(runtime: Runtime, name: str) -> Organization:
    """A new organization without members. Raises `ValidationFailed` naming `name`."""
    name = name_rules.cleaned_of_organization(name)
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


def locked_organization(org: str) -> Organization:
    """As `organization`, locked until the transaction ends: nobody deletes or renames it meanwhile."""
    org_id = organization(org).id
    organizations.lock([org_id])
    return organization(org_id)


def organization_in_turn(org: str) -> Organization:
    """As `organization`, in the turn of who changes its memberships, which who deletes it takes too."""
    org_id = organization(org).id
    members.take_turn(org_id)
    return organization(org_id)


def rename_organization(runtime: Runtime, org: str, name: str) -> str:
    """The new name. Raises `NotFound`, `ValidationFailed` and `Forbidden`."""
    name = name_rules.cleaned_of_organization(name)
    with revoking(runtime) as revocation:
        found = locked_organization(org)
        organization_settings.rename_within(found.id, name, runtime.clock(), ACTOR, revocation)
    return name


def set_organization_disabled(runtime: Runtime, org: str, *, disabled: bool) -> Organization:
    """Disables or enables an organization: all its keys are refused from now on, or work again. Raises `NotFound`."""
    with revoking(runtime) as revocation:
        now = runtime.clock()
        found = locked_organization(org)
        if (found.disabled_at is not None) == disabled:
            revocation.nothing_changed()
        else:
            found.disabled_at = now if disabled else None
            audit.organization_switched(found.id, at=now, actor=ACTOR, disabled=disabled)
            revocation.affects(found.id)
    return found
