"""Rotation: a successor, and the end of the old key."""

from dataclasses import replace

import pytest

from app.domain.errors import KeyNotActive, UnknownScope, ValidationFailed
from app.domain.key_settings import KeySettings
from app.services import audit, key_revocation, key_rotation, key_settings, keys, operator_keys
from tests.factories import in_days


def test_a_rotated_key_has_a_successor_with_the_same_name_scopes_and_expiry(runtime, alice):
    old = keys.create(
        runtime,
        alice.member,
        KeySettings(name="CI", scopes=["notes:read"], expires_at=in_days(runtime, 30)),
    ).listed.key
    key = key_rotation.rotate(runtime, alice.member, old.id).listed.key
    assert (key.name, key.scopes, key.expires_at) == ("CI", ("notes:read",), old.expires_at)
    assert key.rotated_from == old.id
    assert keys.get(alice.member, old.id).key.revoked_at is not None


def test_an_overlap_ends_the_old_key_later_but_never_later_than_it_would_have(runtime, alice, clock):
    never = keys.create(runtime, alice.member, KeySettings(name="Never ends")).listed.key
    soon = keys.create(
        runtime, alice.member, KeySettings(name="Ends tomorrow", expires_at=in_days(runtime, 1))
    ).listed.key
    key_rotation.rotate(runtime, alice.member, never.id, overlap_seconds=3600)
    key_rotation.rotate(runtime, alice.member, soon.id, overlap_seconds=7 * 86400)
    assert (keys.get(alice.member, never.id).key.expires_at - clock.now).total_seconds() == 3600
    assert (keys.get(alice.member, soon.id).key.expires_at - clock.now).total_seconds() == 86400


def test_a_dead_key_cannot_be_rotated(runtime, alice, clock):
    revoked = keys.create(runtime, alice.member, KeySettings(name="CI")).listed.key.id
    expired = keys.create(runtime, alice.member, KeySettings(name="CI", expires_at=in_days(runtime, 1))).listed.key.id
    key_revocation.revoke(runtime, alice.member, revoked)
    clock.advance(days=2)
    for key_id in (revoked, expired):
        with pytest.raises(KeyNotActive):
            key_rotation.rotate(runtime, alice.member, key_id)


@pytest.mark.parametrize("seconds", [-1, 2_592_001])
def test_an_overlap_outside_its_bounds_is_refused(runtime, alice, seconds):
    key_id = keys.create(runtime, alice.member, KeySettings(name="CI")).listed.key.id
    with pytest.raises(ValidationFailed):
        key_rotation.rotate(runtime, alice.member, key_id, overlap_seconds=seconds)


def test_operators_and_members_rotate_alike(runtime, alice):
    """One entry of one shape in the audit log, and the prefix that the key had."""
    entries = []
    for rotate in (
        lambda issued: key_rotation.rotate(runtime, alice.member, issued.listed.key.id, overlap_seconds=60),
        lambda issued: operator_keys.rotate_key(runtime, issued.plaintext.reveal(), 60),
    ):
        successor = rotate(keys.create(runtime, alice.member, KeySettings(name="CI"))).listed.key
        entry = audit.page(alice.org, limit=1, cursor=None).items[0]
        assert (entry.action, entry.details["successor"], successor.prefix) == ("key.rotated", successor.id, "whk_")
        entries.append(set(entry.details))
    assert entries[0] == entries[1] == {"name", "start", "successor", "overlap_seconds"}


def test_a_scope_that_left_the_policy_gets_no_successor_and_is_not_made_to_last(app, runtime, alice, set_settings):
    settings = KeySettings(name="CI", scopes=["notes:read"], expires_at=in_days(runtime, 1))
    key_id = keys.create(runtime, alice.member, settings).listed.key.id
    policy = runtime.settings.policy
    scopes = {name: scope for name, scope in policy.scopes.items() if name != "notes:read"}
    set_settings(policy=replace(policy, scopes=scopes))
    now = app.extensions["runtime"]
    with pytest.raises(UnknownScope):
        key_rotation.rotate(now, alice.member, key_id)
    with pytest.raises(UnknownScope):
        key_settings.change(now, alice.member, key_id, KeySettings(expires_at=None))
