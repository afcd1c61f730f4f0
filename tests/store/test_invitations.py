"""Invitations: which are open, and that one ends once."""

from datetime import timedelta

import pytest

from app.domain.member_roles import Role
from app.store import invitations, memberships
from app.store.invitations import End
from app.store.transaction import transaction

EMAIL = "new@example.com"


@pytest.fixture
def app(app):
    with app.app_context():
        yield app


@pytest.fixture
def put(app, alice, clock):
    def put(email=EMAIL, role=Role.MEMBER, org_id=None, by=None):
        with transaction():
            return invitations.put(
                org_id or alice.org,
                email,
                role,
                invited_by=by,
                now=clock.now,
                expires_at=clock.now + timedelta(days=7),
            ).id

    return put


def test_it_says_who_invited_whom_to_what(put, alice, clock):
    found = invitations.get(put(by=alice.person_id))
    assert (found.org_id, found.org_name, found.email) == (alice.org, "alice’s organization", EMAIL)
    assert (found.role, found.invited_by, found.inviter) == (Role.MEMBER, alice.person_id, alice.email)
    assert found.inviter_role is Role.OWNER
    assert (found.created_at, found.expires_at, found.ended_at) == (clock.now, clock.now + timedelta(days=7), None)
    assert invitations.get(put("other@example.com")).inviter is None
    assert invitations.get("inv_none") is None
    with transaction():
        memberships.remove(alice.org, alice.person_id)
    assert invitations.get(found.id).inviter_role is None


def test_it_is_open_until_it_expires(put, alice, clock):
    first = put()
    clock.advance(seconds=1)
    second = put("other@example.com")
    assert [found.id for found in invitations.open_in(alice.org, clock.now)] == [second, first]
    assert [found.id for found in invitations.open_for(EMAIL, clock.now)] == [first]
    assert invitations.is_invited(EMAIL, clock.now)
    assert not invitations.is_invited("nobody@example.com", clock.now)
    clock.advance(days=7, seconds=-1)
    assert [found.id for found in invitations.open_in(alice.org, clock.now)] == [second]
    assert not invitations.is_invited(EMAIL, clock.now)


def test_putting_it_again_renews_it_even_after_it_expired(put, clock):
    first = put()
    clock.advance(days=8)
    assert put(role=Role.VIEWER) == first
    found = invitations.get(first)
    assert (found.role, found.expires_at) == (Role.VIEWER, clock.now + timedelta(days=7))


def test_it_ends_once_and_then_makes_room_for_another(put, clock):
    first = put()
    with transaction():
        assert invitations.end(first, End.ACCEPTED, clock.now)
        assert not invitations.end(first, End.WITHDRAWN, clock.now)
    assert invitations.open_for(EMAIL, clock.now) == []
    assert put() != first


def test_one_that_has_expired_does_not_end(put, clock):
    first = put()
    clock.advance(days=7)
    with transaction():
        assert not invitations.end(first, End.ACCEPTED, clock.now)


def test_the_pending_one_of_an_address_is_ended(put, alice, clock):
    first, other = put(), put("other@example.com")
    with transaction():
        invitations.end_pending(alice.org, EMAIL, End.ADDED, clock.now)
        invitations.end_pending(alice.org, "nobody@example.com", End.ADDED, clock.now)
    assert invitations.get(first).ended_at == clock.now
    assert invitations.get(other).ended_at is None


def test_old_ones_are_deleted(put, clock):
    ended, expired = put(), put("other@example.com")
    with transaction():
        invitations.end(ended, End.DECLINED, clock.now)
        invitations.prune(clock.now)
    assert invitations.get(ended)
    with transaction():
        invitations.prune(clock.now + timedelta(seconds=1))
    assert invitations.get(ended) is None
    assert invitations.get(expired)
