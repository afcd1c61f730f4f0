"""What operators do with invitations on the command line. They may give every role, as often as they like."""

from collections.abc import Sequence

from app.domain import email_address
from app.domain.errors import NotFound
from app.domain.member_roles import Role
from app.services import invitations, members
from app.services.operator_organizations import ACTOR, organization
from app.services.runtime import Runtime
from app.store import invitations as store
from app.store.invitations import InvitationListed
from app.store.transaction import transaction


def open_in(runtime: Runtime, org: str) -> Sequence[InvitationListed]:
    """The organization's open invitations, newest first. Raises `NotFound`."""
    return store.open_in(organization(org).id, runtime.clock())


def invite(runtime: Runtime, org: str, email: str, role: Role) -> InvitationListed:
    """As `invitations.invite`, by an operator."""
    address = email_address.normalise(email)
    with transaction():
        found = organization(org)
        members.take_turn(found.id)
        # It may have been deleted until now.
        organization(found.id)
        return invitations.put(runtime, found.id, address, role, runtime.clock(), actor=ACTOR, invited_by=None)


def withdraw(runtime: Runtime, org: str, email: str) -> InvitationListed:
    """Withdraws the open invitation of the address. Raises `NotFound`."""
    address = email_address.normalise(email)
    with transaction():
        org_id, now = organization(org).id, runtime.clock()
        members.take_turn(org_id)
        open_now = {found.email: found for found in store.open_in(org_id, now)}
        if address not in open_now:
            raise NotFound(f"{address} has no open invitation. See: invitations list {org}")
        invitations.end_withdrawn(open_now[address], now, actor=ACTOR)
    return open_now[address]
