"""Suspending keys and resuming them."""

from datetime import timedelta
from functools import partial

import pytest

from app.domain.errors import Forbidden, KeyDisabled, KeyNotActive, NotFound, TooManyKeys
from app.domain.member_roles import Role
from app.services import (
    audit,
    key_revocation,
    key_rotation,
    key_suspension,
    operator_members,
)
from tests.services import issued_keys
from tests.services.issued_keys import make

accepts = partial(issued_keys.accepts, refusals=KeyDisabled)


def test_a_suspended_key_is_refused_at_once_until_it_is_resumed(runtime, alice, clock):
    issued = make(runtime, alice.member)
    key_id = issued.listed.key.id
    assert accepts(runtime, issued)
    key_suspension.suspend(runtime, alice.member, key_id)
    assert not accepts(runtime, issued)
    clock.advance(days=30)
    assert not accepts(runtime, issued)
    key_suspension.resume(runtime, alice.member, key_id)
    assert accepts(runtime, issued)
    assert [e.action for e in audit.of_key(alice.org, key_id, limit=2)] == ["key.resumed", "key.suspended"]


def test_doing_either_again_changes_nothing(runtime, alice, clock):
    issued = make(runtime, alice.member)
    key_id = issued.listed.key.id
    first = key_suspension.suspend(runtime, alice.member, key_id).key.suspended_at
    clock.advance(minutes=1)
    assert key_suspension.suspend(runtime, alice.member, key_id).key.suspended_at == first
    for _ in range(2):
        key_suspension.resume(runtime, alice.member, key_id)
    assert len(audit.of_key(alice.org, key_id, limit=9)) == 3


def test_a_member_never_resumes_what_an_admin_suspended(runtime, cast):
    bob, issued = cast.bob.member, make(runtime, cast.bob.member)
    key_id = issued.listed.key.id
    key_suspension.suspend(runtime, bob, key_id)
    key_suspension.resume(runtime, bob, key_id)
    key_suspension.suspend(runtime, bob, key_id)
    key_suspension.suspend(runtime, cast.adam.member, key_id)
    key_suspension.suspend(runtime, bob, key_id)
    with pytest.raises(Forbidden, match="owner or admin"):
        key_suspension.resume(runtime, bob, key_id)
    assert not accepts(runtime, issued)
    key_suspension.resume(runtime, cast.alice.member, key_id)
    assert accepts(runtime, issued)


def test_others_keys_are_not_a_members_to_suspend(runtime, cast):
    issued = make(runtime, cast.alice.member)
    for act in (key_suspension.suspend, key_suspension.resume):
        with pytest.raises(Forbidden):
            act(runtime, cast.bob.member, issued.listed.key.id)
        with pytest.raises(NotFound):
            act(runtime, cast.alice.member, "key_none")
    assert accepts(runtime, issued)


def test_who_could_not_make_such_a_key_today_does_not_resume_it(runtime, cast):
    adam = cast.adam.member
    issued = make(runtime, adam, scopes=["agent:r", "keys:verify"])
    key_suspension.suspend(runtime, adam, issued.listed.key.id)
    operator_members.add_member(runtime, adam.org_id, cast.adam.email, Role.MEMBER)
    with pytest.raises(Forbidden):
        key_suspension.resume(runtime, adam, issued.listed.key.id)
    assert not accepts(runtime, issued)


def test_a_suspended_key_is_not_rotated_but_can_be_revoked_and_stays_suspended_when_that_is_undone(runtime, alice):
    issued = make(runtime, alice.member)
    key_id = issued.listed.key.id
    key_suspension.suspend(runtime, alice.member, key_id)
    with pytest.raises(KeyNotActive, match="suspended"):
        key_rotation.rotate(runtime, alice.member, key_id)
    key_revocation.revoke(runtime, alice.member, key_id)
    key_revocation.undo(runtime, alice.member, key_id)
    assert not accepts(runtime, issued)


def test_a_key_that_has_ended_is_neither_suspended_nor_resumed(runtime, alice, clock):
    revoked, expired = (
        make(runtime, alice.member),
        make(runtime, alice.member, expires_at=clock.now + timedelta(hours=1)),
    )
    key_revocation.revoke(runtime, alice.member, revoked.listed.key.id)
    clock.advance(hours=1)
    for issued in (revoked, expired):
        for act in (key_suspension.suspend, key_suspension.resume):
            with pytest.raises(KeyNotActive):
                act(runtime, alice.member, issued.listed.key.id)


def test_suspended_keys_count_among_those_an_organization_may_have(app, alice, set_settings):
    set_settings(max_keys_per_org=1)
    runtime = app.extensions["runtime"]
    issued = make(runtime, alice.member)
    key_suspension.suspend(runtime, alice.member, issued.listed.key.id)
    with pytest.raises(TooManyKeys, match="has 1 active"):
        make(runtime, alice.member)
