"""What members change about their organization as a whole: its name."""

from datetime import datetime

from app.domain import name_rules
from app.domain.errors import Forbidden
from app.domain.member_roles import Permission, allows
from app.domain.name_rules import OPERATORS
from app.services import audit
from app.services import organizations as members
from app.services.organizations import Member
from app.services.revocation_barrier import Revocation, revoking
from app.services.runtime import Runtime
from app.store import organizations


def rename(runtime: Runtime, member: Member, name: str) -> str:
    """The new name. What is cached of a key holds it, so this is a change like others: all processes know it when this
    returns. Raises
    `ValidationFailed` naming `name`, `Forbidden`, `NotFound` and `Busy`."""
    name = name_rules.cleaned_of_organization(name)
    with revoking(runtime, org_id=member.org_id) as revocation:
        member = members.still_member(member)
        if not allows(member.role, Permission.RENAME_ORGANIZATION):
            raise Forbidden
        rename_within(member.org_id, name, runtime.clock(), member.email, revocation)
    return name


def rename_within(org_id: str, name: str, now: datetime, actor: str, revocation: Revocation) -> None:
    """As `rename`, in the caller's transaction, with a name that was checked. Raises `Forbidden`."""
    organizations.lock([org_id])
    old = organizations.name_of(org_id)
    if old == OPERATORS:
        raise Forbidden("The operators’ own organization keeps its name.")
    if name == old:
        revocation.nothing_changed()
        return
    organizations.rename(org_id, name)
    audit.organization_renamed(org_id, at=now, actor=actor, old=old, new=name)
    revocation.affects(org_id)
