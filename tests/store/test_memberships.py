"""Memberships: who belongs to which organization."""

import pytest

from app.domain.member_roles import Role
from app.store import members, memberships, people
from app.store.memberships import OrganizationOf
from app.store.transaction import transaction


@pytest.fixture
def join(clock):
    def join(org_id, person_id, role=Role.MEMBER):
        with transaction():
            memberships.put(org_id, person_id, role, clock.now)

    return join


def test_people_see_their_organizations_oldest_membership_first_and_no_others(org, other_org, person, join, clock):
    join(other_org, person, Role.OWNER)
    clock.advance(seconds=1)
    join(org, person, Role.VIEWER)
    acme, bolt = OrganizationOf(org, "Acme", Role.VIEWER), OrganizationOf(other_org, "Bolt", Role.OWNER)
    assert memberships.of_person(person) == [bolt, acme]
    assert memberships.seen_by(person, org) == acme
    for outsider, org_id in (("usr_none", org), (person, "org_none")):
        assert memberships.seen_by(outsider, org_id) is None


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
            assert memberships.remove(org, person) is removed
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


def test_all_organizations_of_some_people_are_locked_and_those_besides(org, other_org, person, join, clock):
    join(org, person)
    with transaction():
        assert memberships.lock_organizations(person) == [org]
        assert memberships.lock_organizations(person, also=[other_org]) == sorted([org, other_org])
        assert memberships.lock_organizations("usr_none") == []
