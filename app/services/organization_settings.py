"""What people do with organizations as a whole: get their first one, make another one, rename one."""

from datetime import datetime

from app.domain import name_rules
from app.domain.errors import Forbidden, NotFound
from app.domain.member_roles import Permission, Role, allows
from app.domain.name_rules import OPERATORS
from app.domain.sign_up_admission import admits
from app.services import audit, sign_in_limits
from app.services import organizations as members
from app.services.immediate_revocation import Revocation, revoking
from app.services.organizations import Member
from app.services.runtime import Runtime
from app.services.sign_in_limits import Attempt
from app.store import credits, memberships, organizations, people
from app.store.memberships import OrganizationOf
from app.store.people import Person
from app.store.transaction import transaction

#: How many organizations one person may own and still make another one.
MOST_OWNED = 10


def may_create(runtime: Runtime, email: str) -> bool:
    """Whether `SIGN_UP` lets somebody with this address have an organization."""
    return admits(runtime.settings.sign_up, email)


def may_create_another(runtime: Runtime, person: Person) -> bool:
    """Whether the person may have one more: `SIGN_UP` lets them, and they do not own too many."""
    return may_create(runtime, person.email) and memberships.number_owned(person.id) < MOST_OWNED


def create(runtime: Runtime, person_id: str, email: str, name: str, *, client: str) -> OrganizationOf:
    """A new organization that the person owns. It has no credits: those of a sign-up are given once.

    `client`: who asks, as limits count clients. Raises `ValidationFailed` naming `name`, `Forbidden` if `SIGN_UP` does
    not let them have one or if they own too many, `RateLimited`, and `NotFound` if the person was disabled meanwhile.
    """
    name = name_rules.cleaned_of_organization(name)
    if not may_create(runtime, email):
        raise Forbidden("This Keydesk does not let you create an organization. Ask its operator.")
    with transaction():
        now = runtime.clock()
        sign_in_limits.take(Attempt.ORGANIZATION, email=email, client=client, now=now)
        person = people.locked(person_id)
        if person is None or person.disabled_at is not None:
            raise NotFound
        if memberships.number_owned(person_id) >= MOST_OWNED:
            raise Forbidden(
                f"You own {MOST_OWNED} organizations, as many as one person may. A deleted one counts until it is"
                " erased, after 30 days. Ask your operator."
            )
        made = organizations.add(name, now)
        memberships.add(made.id, person_id, Role.OWNER, now)
        audit.organization_created(made.id, at=now, actor=person.email, owner=person.email)
        return OrganizationOf(made.id, made.name, Role.OWNER)


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


def first_organization(runtime: Runtime, person: Person, now: datetime) -> str:
    """The ID of a new organization that the person owns. The first one has credits. Joins the caller's transaction."""
    is_first = memberships.number_owned(person.id) == 0
    organization = organizations.add(f"{person.email.partition('@')[0]}’s organization", now)
    memberships.add(organization.id, person.id, Role.OWNER, now)
    audit.organization_created(organization.id, at=now, actor=person.email, owner=person.email)
    if is_first and runtime.settings.sign_up_credits:
        credits.grant(organization.id, runtime.settings.sign_up_credits, "sign-up", now)
    return organization.id
