"""What operators do offline with members of organizations, and with people."""

from datetime import timedelta

import pytest

from app.domain.errors import KeyExpired, KeyNotActive, KeyRevoked, LastOwner, NotFound, ValidationFailed
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Permission, Role
from app.services import (
    agent_sign_up,
    audit,
    key_revocation,
    key_rotation,
    key_suspension,
    key_verification,
    keys,
    operator_members,
    operator_organizations,
    organizations,
    sessions,
)
from tests.services.issued_keys import works


def test_members_are_added_changed_and_removed(runtime, alice):
    operator_members.add_member(runtime, alice.org, "Dora@example.com", Role.VIEWER)
    operator_members.add_member(runtime, alice.org, "dora@example.com", Role.ADMIN)
    assert [(row.email, row.role) for row in operator_members.everybody(runtime, alice.org)] == [
        ("alice@example.com", "owner"),
        ("dora@example.com", "admin"),
    ]
    operator_members.remove_member(runtime, alice.org, "dora@example.com")
    assert len(operator_members.everybody(runtime, alice.org)) == 1
    with pytest.raises(NotFound):
        operator_members.remove_member(runtime, alice.org, "dora@example.com")


def test_the_last_owner_goes_only_if_it_is_said(runtime, cast):
    alice = cast.alice
    remove, set_role = operator_members.remove_member, operator_members.set_role
    for refused in (
        lambda: remove(runtime, alice.org, alice.email),
        lambda: set_role(runtime, alice.org, alice.email, Role.ADMIN),
        lambda: operator_members.add_member(runtime, alice.org, alice.email, Role.VIEWER),
    ):
        with pytest.raises(LastOwner, match="--last-owner"):
            refused()
    set_role(runtime, alice.org, alice.email, Role.ADMIN, last_owner=True)
    set_role(runtime, alice.org, cast.bob.email, Role.OWNER)
    remove(runtime, alice.org, cast.bob.email, last_owner=True)
    with pytest.raises(NotFound):
        set_role(runtime, alice.org, cast.charlie.email, Role.ADMIN)
    actions = [entry.action for entry in audit.page(alice.org, limit=9, cursor=None).items]
    assert [action for action in actions if action.startswith("member.")] == [
        "member.removed",
        "member.role_changed",
        "member.role_changed",
    ]


def test_a_removed_members_keys_are_handed_over_to_the_organization(runtime, cast):
    alice, bob = cast.alice, cast.bob
    theirs = keys.create(runtime, bob.member, KeySettings(name="Bob's"))
    operator_members.remove_member(runtime, alice.org, bob.email, hand_over_keys=True)
    found = keys.get(alice.member, theirs.listed.key.id)
    assert (found.owner, found.created_by, found.owner_left) == (None, bob.email, False)
    assert works(runtime, theirs.plaintext.reveal())


@pytest.mark.parametrize("overlap", [0, 3600])
@pytest.mark.parametrize("to", [None, "adam"])
def test_a_removed_members_keys_are_rotated_for_the_organization_or_a_member(runtime, cast, clock, to, overlap):
    alice, bob = cast.alice, cast.bob
    heir = getattr(cast, to) if to else None
    old = []
    for name in ("CI", "etl"):
        old.append(keys.create(runtime, bob.member, KeySettings(name=name, scopes=["agent:r"])))
        clock.advance(seconds=1)
    ends = clock.now + timedelta(minutes=5)
    short = keys.create(runtime, bob.member, KeySettings(name="short", scopes=["agent:r"], expires_at=ends))
    successors = operator_members.remove_member_and_rotate_keys(
        runtime, alice.org, bob.email, to=heir and heir.email, overlap_seconds=overlap
    )
    found = [keys.get(alice.member, issued.listed.key.id) for issued in successors]
    assert [(one.key.name, one.owner, one.key.scopes) for one in found] == [
        (name, heir and heir.email, ("agent:r",)) for name in ("CI", "etl", "short")
    ]
    assert all(works(runtime, issued.plaintext.reveal()) for issued in successors)
    assert {works(runtime, issued.plaintext.reveal()) for issued in (*old, short)} == {bool(overlap)}
    if overlap:
        assert keys.get(alice.member, short.listed.key.id).key.expires_at == ends
        clock.advance(seconds=overlap)
        with pytest.raises(KeyExpired):
            key_verification.require(runtime, old[0].plaintext.reveal(), scope=None)
    assert not any(one.email == bob.email for one in operator_members.everybody(runtime, alice.org))
    entries = audit.page(alice.org, limit=30, cursor=None).items
    assert [entry.action for entry in entries].count("key.rotated") == 3
    assert audit.broken_at(alice.org) is None


def test_nobody_is_removed_if_one_of_the_keys_cannot_be_rotated_or_they_are_too_many(runtime, cast, clock, monkeypatch):
    alice, bob = cast.alice, cast.bob
    made = {}
    for name in ("CI", "asleep", "replaced"):
        made[name] = keys.create(runtime, bob.member, KeySettings(name=name))
        clock.advance(seconds=1)
    key_suspension.suspend(runtime, bob.member, made["asleep"].listed.key.id)
    key_rotation.rotate(runtime, bob.member, made["replaced"].listed.key.id, overlap_seconds=3600)
    remove = operator_members.remove_member_and_rotate_keys
    with pytest.raises(KeyNotActive, match=r"asleep \(\S+\), replaced \(\S+\)\. Revoke them first"):
        remove(runtime, alice.org, bob.email)
    monkeypatch.setattr("app.services.member_removal.MOST_ROTATED", 1)
    with pytest.raises(ValidationFailed, match="to rotate are 4, more than 1"):
        remove(runtime, alice.org, bob.email)
    with pytest.raises(ValidationFailed, match="overlap_seconds"):
        remove(runtime, alice.org, bob.email, overlap_seconds=-1)
    assert works(runtime, made["CI"].plaintext.reveal())
    assert len(operator_members.everybody(runtime, alice.org)) == 2


@pytest.mark.parametrize("revoke", [False, True])
def test_a_removed_members_own_active_keys_are_kept_or_revoked(runtime, cast, revoke):
    alice, bob = cast.alice, cast.bob
    elsewhere = operator_organizations.create_organization(runtime, "Elsewhere").id
    operator_members.add_member(runtime, elsewhere, bob.email, Role.OWNER)
    bob_elsewhere = organizations.member(bob.member.person_id, bob.email, elsewhere, Permission.CREATE_KEYS)
    theirs = keys.create(runtime, bob.member, KeySettings(name="Bob's"))
    dead = keys.create(runtime, bob.member, KeySettings(name="Dead"))
    key_revocation.revoke(runtime, bob.member, dead.listed.key.id)
    others = [
        keys.create(runtime, alice.member, KeySettings(name="Alice's")),
        keys.create(runtime, bob_elsewhere, KeySettings(name="Bob's elsewhere")),
    ]
    assert [key.name for key in operator_members.keys_of_member(runtime, alice.org, bob.email)] == ["Bob's"]
    left = operator_members.remove_member(runtime, alice.org, bob.email, revoke_keys=revoke)
    assert [key.name for key in left] == ["Bob's"]
    assert (left[0].revoked_at is not None) is revoke
    if revoke:
        with pytest.raises(KeyRevoked):
            key_verification.require(runtime, theirs.plaintext.reveal(), scope=None)
    else:
        assert works(runtime, theirs.plaintext.reveal())
    assert all(works(runtime, other.plaintext.reveal()) for other in others)
    actions = [entry.action for entry in audit.page(alice.org, limit=2, cursor=None).items]
    assert (actions == ["key.revoked", "member.removed"]) is revoke
    with pytest.raises(NotFound):
        operator_members.keys_of_member(runtime, alice.org, bob.email)


@pytest.mark.parametrize(
    ("role", "beyond"),
    [(Role.OWNER, []), (Role.MEMBER, ["Verifier"]), (Role.VIEWER, ["CI", "Verifier"])],
)
@pytest.mark.parametrize("revoke", [False, True])
def test_keys_that_the_new_role_could_not_create_are_kept_or_revoked(runtime, cast, role, beyond, revoke):
    """Keys of the same person elsewhere, and of others, are none of them."""
    alice, adam = cast.alice, cast.adam
    elsewhere = operator_organizations.create_organization(runtime, "Elsewhere").id
    operator_members.add_member(runtime, elsewhere, adam.email, Role.OWNER)
    adam_elsewhere = organizations.member(adam.member.person_id, adam.email, elsewhere, Permission.CREATE_KEYS)
    made = {
        name: keys.create(runtime, member, KeySettings(name=name, scopes=[scope])).plaintext.reveal()
        for name, member, scope in (
            ("CI", adam.member, "agent:r"),
            ("Verifier", adam.member, "keys:verify"),
            ("Elsewhere", adam_elsewhere, "keys:verify"),
            ("Alice's", alice.member, "keys:verify"),
        )
    }
    named = operator_members.add_member(runtime, alice.org, adam.email, role, revoke_keys=revoke)
    assert sorted(key.name for key in named) == beyond
    assert [name for name, key in made.items() if not works(runtime, key)] == (beyond if revoke else [])
    actions = [entry.action for entry in audit.page(alice.org, limit=9, cursor=None).items]
    assert actions.count("key.revoked") == (len(beyond) if revoke else 0)


@pytest.mark.parametrize("revoke", [False, True])
@pytest.mark.parametrize("is_disabled_already", [False, True])
def test_keys_of_a_disabled_person_are_kept_or_revoked_everywhere(runtime, cast, clock, revoke, is_disabled_already):
    bob = cast.bob
    elsewhere = operator_organizations.create_organization(runtime, "Elsewhere").id
    operator_members.add_member(runtime, elsewhere, bob.email, Role.OWNER)
    bob_elsewhere = organizations.member(bob.member.person_id, bob.email, elsewhere, Permission.CREATE_KEYS)
    clock.advance(hours=1)
    code = agent_sign_up.request(runtime, email=bob.email, client="203.0.113.1").plaintext.reveal()
    sign_up_key = agent_sign_up.verify(runtime, email=bob.email, code=code).api_key.reveal()
    dead = keys.create(runtime, bob.member, KeySettings(name="Dead"))
    key_revocation.revoke(runtime, bob.member, dead.listed.key.id)
    mine = [
        keys.create(runtime, member, KeySettings(name=name)).plaintext.reveal()
        for member, name in ((bob.member, "Bob's"), (bob_elsewhere, "Elsewhere"))
    ]
    others = keys.create(runtime, cast.alice.member, KeySettings(name="Alice's")).plaintext.reveal()
    if is_disabled_already:
        operator_members.set_person_disabled(runtime, bob.email, disabled=True)

    named = operator_members.set_person_disabled(runtime, bob.email, disabled=True, revoke_keys=revoke)
    assert sorted(key.name for key in named) == sorted(["Bob's", "Elsewhere", *(["Agent sign-up"] if revoke else [])])
    assert [works(runtime, key) for key in (*mine, others)] == [not revoke, not revoke, True]
    assert not works(runtime, sign_up_key)
    assert operator_members.set_person_disabled(runtime, bob.email, disabled=False) == []
    assert [works(runtime, key) for key in (*mine, sign_up_key)] == [not revoke] * 3
    assert audit.broken_at(elsewhere) is None


def test_disabling_a_person_ends_their_sessions(runtime, alice):
    token = alice.http.get_cookie("whs_session").value
    operator_members.set_person_disabled(runtime, alice.email, disabled=True)
    assert sessions.resume(runtime, token) is None
    with pytest.raises(NotFound):
        operator_members.set_person_disabled(runtime, "nobody@example.com", disabled=True)
