"""Organizations."""

import pytest

from app.domain.member_roles import Role
from app.domain.name_rules import OPERATORS
from app.store import memberships, organizations
from app.store.transaction import transaction


def test_the_operators_have_one_organization_made_when_it_is_first_asked_for(app, clock):
    made = []
    for _ in range(2):
        with transaction():
            made.append(organizations.operators(clock.now).id)
    assert made[0] == made[1]
    assert [org.name for org in organizations.all_of_them()] == [OPERATORS]


def test_an_organization_is_found_by_id_and_by_name_which_several_may_have(org, other_org, clock):
    with transaction():
        namesake = organizations.add("Acme", clock.now).id
    assert {found.id for found in organizations.by_id_or_name("Acme")} == {org, namesake}
    assert [found.id for found in organizations.by_id_or_name(org)] == [org]
    assert organizations.by_id_or_name("acme") == []


def test_the_only_organization_is_one_that_stands_alone(app, clock):
    assert organizations.only() is None
    with transaction():
        org_id = organizations.add("Acme", clock.now).id
    assert organizations.only().id == org_id
    with transaction():
        organizations.add("Bolt", clock.now)
    assert organizations.only() is None


def test_a_cache_generation_is_one_organizations(org, other_org):
    raised = []
    for _ in range(2):
        with transaction():
            raised.append(organizations.raise_cache_generation(org))
    assert raised == [1, 2]
    assert {found.id: found.cache_generation for found in organizations.all_of_them()} == {org: 2, other_org: 0}


@pytest.mark.databases("postgresql")
def test_who_has_locked_an_organization_is_waited_for_except_by_those_that_only_refer_to_it(
    org, other_org, person, has_to_wait, clock
):
    with transaction():
        organizations.lock([org])
        assert has_to_wait(lambda: organizations.raise_cache_generation(org))
        assert not has_to_wait(lambda: memberships.add(org, person, Role.MEMBER, clock.now))
        assert not has_to_wait(lambda: organizations.raise_cache_generation(other_org))
