"""Organizations as their members see them."""

import pytest

from app.domain.errors import Forbidden, NotFound
from app.domain.roles import Permission
from app.services import organizations


def as_member(actor, permission, org=None):
    return organizations.member(actor.person_id, actor.email, org or actor.org, permission)


def test_a_member_is_known_with_organization_and_role(cast):
    member = as_member(cast.bob, Permission.CREATE_KEYS)
    assert (member.org_id, member.org_name, member.role.value) == (cast.alice.org, "alice’s organization", "member")


def test_a_member_whose_role_does_not_allow_it_is_told_so(cast):
    with pytest.raises(Forbidden):
        as_member(cast.vera, Permission.CREATE_KEYS)


def test_an_outsider_cannot_tell_a_foreign_organization_from_none(cast):
    for org in (cast.alice.org, "org_none", ""):
        with pytest.raises(NotFound):
            as_member(cast.charlie, Permission.READ_KEYS, org)


def test_organizations_are_listed_in_the_order_of_joining(cast, clock):
    charlie = cast.charlie
    own = charlie.own_organization()
    clock.advance(seconds=1)
    cast.join(charlie, cast.alice.org)
    assert [organization.id for organization in organizations.of_person(charlie.person_id)] == [own, cast.alice.org]
