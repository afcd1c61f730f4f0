"""Organizations and who belongs to them."""

import pytest

from app.domain.member_roles import Role
from app.domain.name_rules import OPERATORS
from app.store import members, organizations, people
from app.store.organizations import OrganizationOf
from app.store.transaction import transaction


@pytest.fixture
def join(clock):
    def join(org_id, person_id, role=Role.MEMBER):
        with transaction():
            organizations.put_member(org_id, person_id, role, clock.now)

    return join


def test_the_operators_have_one_organization_made_when_it_is_first_asked_for(app, clock):
    made = []
    for _ in range(2):
        with transaction():
            made.append(organizations.operators(clock.now).id)
    assert made[0] == made[1]
    assert [org.name for org in organizations.all_of_them()] == [OPERATORS]


def test_people_see_their_organizations_oldest_membership_first_and_no_others(org, other_org, person, join, clock):
    join(other_org, person, Role.OWNER)
    clock.advance(seconds=1)
    join(org, person, Role.VIEWER)
    acme, bolt = OrganizationOf(org, "Acme", Role.VIEWER), OrganizationOf(other_org, "Bolt", Role.OWNER)
    assert organizations.of_person(person) == [bolt, acme]
    assert organizations.seen_by(person, org) == acme
    for outsider, org_id in (("usr_none", org), (person, "org_none")):
        assert organizations.seen_by(outsider, org_id) is None


def test_a_member_is_added_changed_and_removed_once(org, other_org, person, join, clock):
    join(other_org, person)
    join(org, person, Role.VIEWER)
    joined = clock.now
    clock.advance(days=1)
    join(org, person, Role.ADMIN)
    (ann,) = members.page(org, clock.now)
    assert (ann.email, ann.role, ann.since) == ("ann@example.com", Role.ADMIN, joined)
    for removed in (True, False):
        with transaction():
            assert organizations.remove_member(org, person) is removed
    assert members.page(org, clock.now) == []
    assert len(members.page(other_org, clock.now)) == 1


def test_members_stand_in_the_order_of_joining_and_say_who_is_disabled(org, person, join, clock):
    with transaction():
        zoe, ben = (people.add(f"{name}@example.com", clock.now) for name in ("zoe", "ben"))
        ben.disabled_at = clock.now
        zoe_id, ben_id = zoe.id, ben.id
    join(org, zoe_id)
    clock.advance(seconds=1)
    join(org, person)
    join(org, ben_id)
    assert [(row.email.partition("@")[0], row.disabled) for row in members.page(org, clock.now)] == [
        ("zoe", False),
        ("ann", False),
        ("ben", True),
    ]


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


def test_all_organizations_of_some_people_are_locked_and_those_besides(org, other_org, person, join, clock):
    join(org, person)
    with transaction():
        assert organizations.lock_of(person) == [org]
        assert organizations.lock_of(person, also=[other_org]) == sorted([org, other_org])
        assert organizations.lock_of("usr_none") == []


@pytest.mark.databases("postgresql")
def test_who_has_locked_an_organization_is_waited_for_except_by_those_that_only_refer_to_it(
    org, other_org, person, has_to_wait, clock
):
    with transaction():
        organizations.lock([org])
        assert has_to_wait(lambda: organizations.raise_cache_generation(org))
        assert not has_to_wait(lambda: organizations.add_member(org, person, Role.MEMBER, clock.now))
        assert not has_to_wait(lambda: organizations.raise_cache_generation(other_org))
