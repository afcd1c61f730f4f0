"""Organizations as their members see them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain import member_roles
from app.domain.errors import Forbidden, NotFound, ValidationFailed
from app.domain.member_roles import Permission, Role, allows
from app.store import memberships
from app.store.keys import ApiKey
from app.store.memberships import OrganizationOf


@dataclass(frozen=True, slots=True)
class Member:
    """A person in one of their organizations: who acts, where, and in which role."""

    person_id: str
    email: str
    org_id: str
    org_name: str
    role: Role

    def may_manage(self, key: ApiKey) -> bool:
        """Whether they may change, revoke and rotate this key."""
        return member_roles.may_manage_key(self.role, is_theirs=key.owner_id == self.person_id)


def of_person(person_id: str) -> Sequence[OrganizationOf]:
    return memberships.of_person(person_id)


def member(
    person_id: str,
    email: str,
    org_id: str,
    permission: Permission,
    *,
    theirs: Sequence[OrganizationOf] | None = None,
) -> Member:
    """The person as a member with this permission. `theirs`: their organizations, if they were read before.

    Raises `NotFound` for outsiders, whether the organization exists or not, and `Forbidden` for members whose role does
    not have the permission.
    """
    found = of_person(person_id) if theirs is None else theirs
    organization = next((one for one in found if one.id == org_id), None)
    if organization is None:
        raise NotFound
    if not allows(organization.role, permission):
        raise Forbidden
    return Member(person_id, email, organization.id, organization.name, organization.role)


def missing_org_id(person_id: str) -> ValidationFailed:
    """The error of a request that has to say which of the person's organizations it means; it lists them."""
    theirs = of_person(person_id)
    way_out = "send the ID of one of your organizations" if theirs else "you are in no organization, so join one first"
    return ValidationFailed(
        {"org_id": f"is missing; {way_out}"}, organizations=[{"id": found.id, "name": found.name} for found in theirs]
    )


def still_member(member: Member) -> Member:
    """The member with the role that they have now, which they keep until the caller's transaction ends. A request can
    last long enough for its person to be removed or disabled meanwhile, so every transaction that writes as a member
    begins with this. Raises `NotFound` if they are no member any more, or disabled."""
    role = memberships.locked_role(member.person_id, member.org_id)
    if role is None:
        raise NotFound
    return replace(member, role=role)
