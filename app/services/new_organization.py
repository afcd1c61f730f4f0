"""New organizations: the first one of a person, and others that they make."""

from datetime import datetime

from app.domain import name_rules
from app.domain.errors import Forbidden, NotFound
from app.domain.member_roles import Role
from app.domain.sign_up_admission import admits
from app.services import audit, sign_in_limits
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


def first_organization(runtime: Runtime, person: Person, now: datetime) -> str:
    """The ID of a new organization that the person owns. The first one has credits. Joins the caller's transaction."""
    is_first = memberships.number_owned(person.id) == 0
    organization = organizations.add(_name_of_first(person.email), now)
    memberships.add(organization.id, person.id, Role.OWNER, now)
    audit.organization_created(organization.id, at=now, actor=person.email, owner=person.email)
    if is_first and runtime.settings.sign_up_credits:
        credits.grant(organization.id, runtime.settings.sign_up_credits, "sign-up", now)
    return organization.id


def _name_of_first(email: str) -> str:
    return f"{email.partition('@')[0]}’s organization"
