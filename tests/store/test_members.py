"""Members of an organization, with what a list of them shows."""

from datetime import timedelta

import pytest

from app.domain.member_roles import Role
from app.store import keys, members, memberships, organizations, people, sessions
from app.store.transaction import transaction


@pytest.fixture
def org(app, clock):
    with transaction():
        return organizations.add("Acme", clock.now).id


@pytest.fixture
def join(org, clock):
    """Makes somebody a member; their ID."""

    def join(name, role):
        clock.advance(seconds=1)
        with transaction():
            person = people.add(f"{name}@example.com", clock.now)
            memberships.add(org, person.id, role, clock.now)
            return person.id

    return join


def add_key(org, clock, number, **values):
    keys.add(
        org_id=org,
        digest=bytes([number]),
        start="whk_12345678",
        last4="wxyz",
        prefix="whk_",
        name="CI",
        scopes=("agent:r",),
        created_at=clock.now,
        **values,
    )


def test_a_member_is_listed_with_role_last_use_and_working_keys(org, join, clock):
    ann, bob = join("ann", Role.OWNER), join("bob", Role.VIEWER)
    seen = clock.now - timedelta(days=2)
    with transaction():
        elsewhere = organizations.add("Elsewhere", clock.now).id
        for number, at in enumerate([seen, seen - timedelta(days=1)]):
            sessions.add(
                person_id=ann,
                token_digest=str(number),
                now=at,
                expires_at=clock.now + timedelta(days=9),
                address="",
                user_agent="",
            )
        add_key(org, clock, 1, created_by=ann, owner_id=ann)
        add_key(org, clock, 2, created_by=ann)
        add_key(org, clock, 3, created_by=ann, revoked_at=clock.now)
        add_key(elsewhere, clock, 4, created_by=ann)
    first, second = members.page(org, clock.now)
    assert (first.person_id, first.email, first.role, first.disabled) == (ann, "ann@example.com", Role.OWNER, False)
    assert (first.last_seen, first.keys) == (seen, 2)
    assert (second.person_id, second.role, second.last_seen, second.keys) == (bob, Role.VIEWER, None, 0)
    assert members.who_may_sign_in(org) == [(ann, first.email, Role.OWNER), (bob, second.email, Role.VIEWER)]
    assert members.get(org, bob, clock.now) == second
    assert members.get(elsewhere, bob, clock.now) is None


def test_another_owner_counts_if_they_may_sign_in(org, join, clock):
    ann = join("ann", Role.OWNER)
    join("adam", Role.ADMIN)
    with transaction():
        assert not members.has_other_owner(org, ann)
    olga = join("olga", Role.OWNER)
    with transaction():
        assert members.has_other_owner(org, ann)
        people.get(olga).disabled_at = clock.now
    with transaction():
        assert not members.has_other_owner(org, ann)
        assert members.role_for_change(org, ann) is Role.OWNER
        assert members.role_for_change(org, "usr_nobody") is None


@pytest.mark.databases("postgresql")
def test_who_is_counted_as_another_owner_stays_one_until_the_end(org, join, has_to_wait):
    ann, olga = join("ann", Role.OWNER), join("olga", Role.OWNER)
    with transaction():
        assert members.has_other_owner(org, ann)
        assert has_to_wait(lambda: members.role_for_change(org, olga))
