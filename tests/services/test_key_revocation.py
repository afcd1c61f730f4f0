"""Revoking one key or many, and undoing it."""

from datetime import timedelta
from functools import partial

import pytest

from app.domain.errors import Forbidden, InvalidKey, KeyRevoked, NotFound, NotUndoable, ValidationFailed
from app.domain.member_roles import Role
from app.domain.revocation_reason import RevocationReason
from app.services import (
    agent_sign_up,
    audit,
    key_revocation,
    key_rotation,
    key_verification,
    keys,
    operator_keys,
    operator_members,
)
from app.services.key_revocation import MAX_AT_ONCE
from tests.services import issued_keys
from tests.services.issued_keys import make

accepts = partial(issued_keys.accepts, refusals=(KeyRevoked, InvalidKey))


def actions(member):
    return [entry.action for entry in audit.page(member.org_id, limit=10, cursor=None).items]


def refusal(runtime, member, issued):
    with pytest.raises(NotUndoable) as refused:
        key_revocation.undo(runtime, member, issued.listed.key.id)
    assert not accepts(runtime, issued)
    return refused.value.detail


def test_an_undone_revoke_lets_the_key_work_again_at_once(runtime, alice):
    issued = make(runtime, alice.member)
    key_id = issued.listed.key.id
    assert accepts(runtime, issued)
    key_revocation.revoke(runtime, alice.member, key_id)
    assert not accepts(runtime, issued)
    undone = key_revocation.undo(runtime, alice.member, key_id).key
    assert (undone.revoked_at, undone.revoked_by, undone.revoked_reason) == (None, None, None)
    assert accepts(runtime, issued)
    assert actions(alice.member)[:2] == ["key.revoke_undone", "key.revoked"]


def test_undoing_again_changes_nothing(runtime, alice):
    issued = make(runtime, alice.member)
    key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    for _ in range(2):
        key_revocation.undo(runtime, alice.member, issued.listed.key.id)
    assert actions(alice.member).count("key.revoke_undone") == 1
    assert accepts(runtime, issued)


def test_what_was_never_revoked_is_nothing_to_undo(runtime, alice):
    issued = make(runtime, alice.member)
    with pytest.raises(NotUndoable):
        key_revocation.undo(runtime, alice.member, issued.listed.key.id)
    assert accepts(runtime, issued)


def test_the_hour_counts_from_the_first_revoke(runtime, alice, clock):
    issued = make(runtime, alice.member)
    key_id = issued.listed.key.id
    key_revocation.revoke(runtime, alice.member, key_id)
    clock.advance(minutes=50)
    key_revocation.undo(runtime, alice.member, key_id)
    key_revocation.revoke(runtime, alice.member, key_id)
    clock.advance(minutes=9, seconds=59)
    key_revocation.undo(runtime, alice.member, key_id)
    key_revocation.revoke(runtime, alice.member, key_id)
    clock.advance(seconds=1)
    assert "60 minutes" in refusal(runtime, alice.member, issued)


def test_a_member_undoes_their_own_revoke_and_never_that_of_an_admin(runtime, cast):
    bob, issued = cast.bob.member, make(runtime, cast.bob.member)
    key_id = issued.listed.key.id
    key_revocation.revoke(runtime, bob, key_id)
    key_revocation.undo(runtime, bob, key_id)
    key_revocation.revoke(runtime, cast.adam.member, key_id)
    assert "Somebody else" in refusal(runtime, bob, issued)
    key_revocation.undo(runtime, cast.alice.member, key_id)
    # An admin who revokes what the member has revoked takes it over.
    key_revocation.revoke(runtime, bob, key_id)
    key_revocation.revoke(runtime, cast.adam.member, key_id)
    assert "Somebody else" in refusal(runtime, bob, issued)
    # The other way round, nothing changes.
    key_revocation.revoke(runtime, bob, key_id)
    assert "Somebody else" in refusal(runtime, bob, issued)


def test_others_keys_are_not_a_members_to_undo(runtime, cast):
    issued = make(runtime, cast.alice.member)
    key_revocation.revoke(runtime, cast.alice.member, issued.listed.key.id)
    with pytest.raises(Forbidden):
        key_revocation.undo(runtime, cast.bob.member, issued.listed.key.id)
    with pytest.raises(NotFound):
        key_revocation.undo(runtime, cast.alice.member, "key_none")


@pytest.mark.parametrize("minutes", [0, 2])
def test_what_leaked_stays_revoked_whenever_that_is_said(runtime, alice, clock, minutes):
    issued = make(runtime, alice.member)
    key_id = issued.listed.key.id
    key_revocation.revoke(runtime, alice.member, key_id)
    clock.advance(minutes=minutes)
    key_revocation.revoke(runtime, alice.member, key_id, leaked=True)
    assert "leaked" in refusal(runtime, alice.member, issued)
    key_revocation.revoke(runtime, alice.member, key_id)
    assert "leaked" in refusal(runtime, alice.member, issued)
    assert [e.details.get("reason") for e in audit.of_key(alice.org, key_id, limit=2)] == ["leaked", None]


def test_what_others_than_members_revoked_stays_revoked(runtime, cast, clock):
    alice, rotated = cast.alice.member, make(runtime, cast.alice.member)
    key_rotation.rotate(runtime, alice, rotated.listed.key.id)
    assert "by hand" in refusal(runtime, alice, rotated)
    by_operator = make(runtime, alice)
    operator_keys.revoke_key(runtime, by_operator.listed.key.id)
    assert "by hand" in refusal(runtime, alice, by_operator)
    of_bob = make(runtime, cast.bob.member)
    operator_members.remove_member(runtime, alice.org_id, cast.bob.email, revoke_keys=True)
    assert "by hand" in refusal(runtime, alice, of_bob)
    reasons = [keys.get(alice, issued.listed.key.id).key.revoked_reason for issued in (rotated, by_operator, of_bob)]
    assert reasons == [RevocationReason.ROTATED, RevocationReason.OPERATOR, RevocationReason.MEMBER_REMOVED]


def test_a_key_that_expired_meanwhile_stays_dead(runtime, alice, clock):
    issued = make(runtime, alice.member, expires_at=clock.now + timedelta(minutes=10))
    key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    clock.advance(minutes=10)
    refusal(runtime, alice.member, issued)


def test_an_old_key_is_not_undone_beside_its_successor(runtime, alice):
    issued = make(runtime, alice.member)
    key_id = issued.listed.key.id
    new = key_rotation.rotate(runtime, alice.member, key_id, overlap_seconds=3600)
    key_revocation.revoke(runtime, alice.member, key_id)
    assert "taken its place" in refusal(runtime, alice.member, issued)
    key_revocation.revoke(runtime, alice.member, new.listed.key.id)
    key_revocation.undo(runtime, alice.member, key_id)
    assert accepts(runtime, issued)


def test_a_sign_up_key_is_not_undone_beside_another_one(runtime, alice, clock):
    def signed_up():
        clock.advance(minutes=2)
        code = agent_sign_up.request(runtime, email=alice.email, client="192.0.2.1").plaintext.reveal()
        return agent_sign_up.verify(runtime, email=alice.email, code=code).api_key.reveal()

    first = signed_up()
    key_id = key_verification.require(runtime, first, scope=None).key_id
    key_revocation.revoke(runtime, alice.member, key_id)
    second = signed_up()
    assert second != first
    with pytest.raises(NotUndoable) as refused:
        key_revocation.undo(runtime, alice.member, key_id)
    assert "taken its place" in refused.value.detail
    key_revocation.revoke(runtime, alice.member, key_verification.require(runtime, second, scope=None).key_id)
    key_revocation.undo(runtime, alice.member, key_id)
    assert signed_up() == first


def test_who_could_not_make_such_a_key_today_does_not_undo(runtime, cast):
    adam = cast.adam.member
    issued = make(runtime, adam, scopes=["agent:r", "keys:verify"])
    key_revocation.revoke(runtime, adam, issued.listed.key.id)
    operator_members.add_member(runtime, adam.org_id, cast.adam.email, Role.MEMBER)
    assert "keys:verify" in refusal(runtime, adam, issued)


def test_the_cap_holds(app, alice, set_settings):
    set_settings(max_keys_per_org=1)
    runtime = app.extensions["runtime"]
    issued = make(runtime, alice.member)
    key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    make(runtime, alice.member)
    assert "has 1 active" in refusal(runtime, alice.member, issued)


def test_many_are_revoked_together_or_not_at_all(runtime, cast, clock):
    alice, bob = cast.alice.member, cast.bob.member
    mine, bobs = [make(runtime, alice) for _ in range(3)], make(runtime, bob)
    ids = [issued.listed.key.id for issued in mine]
    with pytest.raises(Forbidden):
        key_revocation.revoke_many(runtime, bob, [bobs.listed.key.id, ids[0]])
    with pytest.raises(NotFound):
        key_revocation.revoke_many(runtime, alice, [*ids, "key_none"])
    assert [accepts(runtime, issued) for issued in (*mine, bobs)] == [True] * 4
    key_revocation.revoke(runtime, alice, ids[0])
    clock.advance(seconds=1)
    revoked = key_revocation.revoke_many(runtime, alice, [*ids, *ids, bobs.listed.key.id])
    assert len(revoked) == 4
    assert [accepts(runtime, issued) for issued in (*mine, bobs)] == [False] * 4
    assert keys.get(alice, ids[0]).key.revoked_at == clock.now - timedelta(seconds=1)
    assert actions(alice).count("key.revoked") == 4


def test_many_wait_once(runtime, alice, monkeypatch):
    ids = [make(runtime, alice.member).listed.key.id for _ in range(5)]
    waits = []
    monkeypatch.setattr("app.services.revocation_barrier._wait", waits.append)
    key_revocation.revoke_many(runtime, alice.member, ids)
    assert len(waits) == 1


@pytest.mark.parametrize("number", [0, MAX_AT_ONCE + 1])
def test_none_and_more_than_a_page_shows_are_refused(runtime, alice, number):
    with pytest.raises(ValidationFailed) as refused:
        key_revocation.revoke_many(runtime, alice.member, [f"key_{n}" for n in range(number)])
    assert list(refused.value.fields) == ["keys"]
