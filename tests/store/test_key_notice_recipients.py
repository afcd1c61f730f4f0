"""People who are told about keys."""

import pytest

from app.domain.member_roles import Role
from app.extensions import db
from app.store import key_notice_recipients, memberships, people
from app.store.organizations import Organization
from app.store.people import Person
from app.store.transaction import transaction

MANAGERS = {Role.OWNER, Role.ADMIN}


@pytest.fixture
def members(app, org, clock):
    """The IDs of the members of an organization, by their roles."""
    with transaction():
        found = {role: people.add(f"{role}@example.com", clock.now).id for role in Role}
        for role, person_id in found.items():
            memberships.add(org, person_id, role, clock.now)
    return found


def disable(table, row_id, clock):
    with transaction():
        db.session.get(table, row_id).disabled_at = clock.now


def managers(org):
    return {recipient.person_id for recipient in key_notice_recipients.in_roles(org, MANAGERS)}


def test_members_who_can_sign_in_are_found_by_role_and_by_id(org, other_org, members, clock):
    owner, admin, member = members[Role.OWNER], members[Role.ADMIN], members[Role.MEMBER]
    assert managers(org) == {owner, admin}
    assert managers(other_org) == set()
    assert key_notice_recipients.member(org, member) == (member, "member@example.com")
    assert key_notice_recipients.member(other_org, member) is None
    for person_id in (admin, member):
        disable(Person, person_id, clock)
    assert managers(org) == {owner}
    assert key_notice_recipients.member(org, member) is None


def test_in_a_disabled_organization_nobody_is(org, members, clock):
    disable(Organization, org, clock)
    assert managers(org) == set()
    assert key_notice_recipients.member(org, members[Role.OWNER]) is None
