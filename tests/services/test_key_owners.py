"""Whom a key belongs to: who may manage it, what a hand-over changes, and that a sign-up key stops being one."""

import pytest

from app.domain.errors import DomainError, Forbidden, ValidationFailed
from app.domain.key_origin import KeyOrigin
from app.domain.key_settings import KeySettings
from app.domain.key_settings_ceiling import WiderThanSet
from app.domain.key_status import state
from app.services import (
    agent_sign_up,
    audit,
    device_grants,
    email_codes,
    key_owners,
    key_revocation,
    key_rotation,
    key_settings,
    key_verification,
    keys,
    member_removal,
    operator_members,
)
from app.services.key_settings import ForOwner
from app.services.member_removal import OVERLAP_SECONDS, Decisions, KeyAction, KeyDecision


def create(runtime, who, **more):
    return keys.create(runtime, who.member, KeySettings(name="CI", scopes=["agent:r"]), **more)


def hand_over(runtime, who, key_id, to):
    return key_settings.change(runtime, who.member, key_id, KeySettings(), to=ForOwner(to))


def sign_up(runtime, clock, who):
    clock.advance(hours=1)
    code = agent_sign_up.request(runtime, email=who.email, client="203.0.113.1").plaintext.reveal()
    return agent_sign_up.verify(runtime, email=who.email, code=code).api_key


@pytest.fixture
def sign_up_key(runtime, cast, clock):
    """Bob's, handed over to the organization: its text and ID."""
    text = sign_up(runtime, clock, cast.bob).reveal()
    key_id = key_verification.require(runtime, text, scope=None).key_id
    hand_over(runtime, cast.alice, key_id, None)
    return text, key_id


def test_a_new_key_belongs_to_whoever_creates_it_or_to_the_organization(runtime, cast):
    own, service = create(runtime, cast.alice), create(runtime, cast.alice, of_organization=True)
    assert keys.get(cast.alice.member, own.listed.key.id).owner == cast.alice.email
    found = keys.get(cast.alice.member, service.listed.key.id)
    assert (found.owner, found.created_by) == (None, cast.alice.email)
    with pytest.raises(Forbidden):
        create(runtime, cast.bob, of_organization=True)


def test_only_who_may_manage_all_keys_manages_a_key_of_the_organization(runtime, cast):
    alice, bob = cast.alice, cast.bob
    key_id = create(runtime, bob).listed.key.id
    assert hand_over(runtime, alice, key_id, None).owner is None
    for refused in (
        lambda: key_revocation.revoke(runtime, bob.member, key_id),
        lambda: key_rotation.rotate(runtime, bob.member, key_id),
        lambda: hand_over(runtime, bob, key_id, bob.email),
    ):
        with pytest.raises(Forbidden):
            refused()
    successor = key_rotation.rotate(runtime, cast.adam.member, key_id).listed.key
    assert keys.get(alice.member, successor.id).owner is None


def test_who_gets_a_key_manages_it_and_who_had_it_does_not(runtime, cast):
    alice, bob = cast.alice, cast.bob
    key_id = create(runtime, alice).listed.key.id
    found = hand_over(runtime, alice, key_id, " Bob@Example.com")
    assert (found.owner, found.created_by) == (bob.email, alice.email)
    assert keys.get(alice.member, key_id).owner == bob.email
    entry = audit.of_key(alice.org, key_id, limit=1)[0]
    assert (entry.actor, entry.details["changes"]) == (
        alice.email,
        {"owner": {"old": alice.email, "new": bob.email}},
    )
    key_settings.change(runtime, bob.member, key_id, KeySettings(name="Bob’s"))
    hand_over(runtime, alice, key_id, bob.email)
    assert len(audit.of_key(alice.org, key_id, limit=9)) == 3


@pytest.mark.parametrize("name", ["vera", "charlie", "nobody", "no address"])
def test_only_a_member_who_may_create_keys_gets_one(runtime, cast, name):
    people = {"vera": cast.vera, "charlie": cast.charlie, "nobody": cast.nobody()}
    key_id = create(runtime, cast.alice).listed.key.id
    with pytest.raises(ValidationFailed) as refused:
        hand_over(runtime, cast.alice, key_id, people[name].email if name in people else name)
    assert list(refused.value.fields) == ["owner"]


def test_a_key_of_the_organization_outlives_who_created_it_without_a_word(runtime, cast, clock):
    bob = cast.bob
    kept = create(runtime, bob).listed.key.id
    operators = create(runtime, bob).listed.key.id
    hand_over(runtime, cast.alice, kept, None)
    operator_members.remove_member(runtime, bob.org, bob.email, revoke_keys=True)
    assert state(keys.get(cast.alice.member, kept), clock.now) == "active"
    assert state(keys.get(cast.alice.member, operators), clock.now) == "revoked"


def test_a_key_is_orphaned_when_whoever_it_belongs_to_leaves(runtime, cast, clock):
    key_id = create(runtime, cast.alice).listed.key.id
    hand_over(runtime, cast.alice, key_id, cast.bob.email)
    operator_members.remove_member(runtime, cast.bob.org, cast.bob.email)
    assert state(keys.get(cast.alice.member, key_id), clock.now) == "owner_left"
    hand_over(runtime, cast.alice, key_id, cast.alice.email)
    assert state(keys.get(cast.alice.member, key_id), clock.now) == "active"


def test_agent_sign_up_makes_a_new_key_after_the_old_one_was_handed_over(runtime, cast, clock, sign_up_key):
    text, _ = sign_up_key
    again = sign_up(runtime, clock, cast.bob).reveal()
    assert again != text
    assert sign_up(runtime, clock, cast.bob).reveal() == again
    for key in (text, again):
        assert key_verification.require(runtime, key, scope=None)


def test_whoever_got_it_is_not_given_its_text_either(runtime, cast, clock, sign_up_key):
    text, key_id = sign_up_key
    hand_over(runtime, cast.alice, key_id, cast.adam.email)
    assert sign_up(runtime, clock, cast.adam).reveal() != text


def test_given_back_it_is_no_sign_up_key_again(runtime, cast, clock, sign_up_key):
    text, key_id = sign_up_key
    hand_over(runtime, cast.alice, key_id, cast.bob.email)
    assert sign_up(runtime, clock, cast.bob).reveal() != text


def test_its_successor_is_no_sign_up_key(runtime, cast, clock, sign_up_key):
    text, key_id = sign_up_key
    successor = key_rotation.rotate(runtime, cast.alice.member, key_id, overlap_seconds=3600)
    key = successor.listed.key
    assert key.origin != KeyOrigin.SIGN_UP
    assert runtime.key_deriver.again(key.prefix, key.id, key.digest) is None
    assert sign_up(runtime, clock, cast.bob).reveal() not in {text, successor.plaintext.reveal()}


def test_an_undone_revoke_makes_it_no_sign_up_key_again(runtime, cast, clock, sign_up_key):
    text, key_id = sign_up_key
    key_revocation.revoke(runtime, cast.alice.member, key_id)
    key_revocation.undo(runtime, cast.alice.member, key_id)
    assert sign_up(runtime, clock, cast.bob).reveal() != text


def test_an_agent_with_a_mailed_code_is_not_given_its_text(runtime, cast, clock, sign_up_key):
    text, _ = sign_up_key
    bob = cast.bob
    clock.advance(hours=1)
    code = email_codes.request(runtime, email=bob.email, client="203.0.113.1").plaintext.reveal()
    token = email_codes.verify(runtime, email=bob.email, code=code).token.reveal()
    headers = {"Authorization": f"Bearer {token}"}
    created = bob.app.test_client().post("/v1/keys/create", json={"name": "Agent"}, headers=headers)
    listed = bob.app.test_client().get("/v1/keys/list", headers=headers)
    assert (created.status_code, listed.status_code) == (201, 200)
    assert text not in created.text + listed.text


def test_a_device_grant_does_not_give_its_text(runtime, cast, clock, sign_up_key):
    text, _ = sign_up_key
    grant = device_grants.authorize(runtime, client_name="A", scopes=["agent:r"], client="203.0.113.1", address="-")
    device_grants.approve(runtime, cast.bob.member, grant.user_code.reveal(), ["agent:r"], client="203.0.113.1")
    clock.advance(seconds=5)
    assert device_grants.poll(runtime, grant.device_code.reveal()).access_token.reveal() != text


def test_it_outlives_its_person(runtime, cast, sign_up_key):
    text, _ = sign_up_key
    operator_members.set_person_disabled(runtime, cast.bob.email, disabled=True)
    assert key_verification.require(runtime, text, scope=None)


def test_possible_owners_are_members_who_may_create_keys(runtime, cast):
    for actor in (cast.bob, cast.vera, cast.adam):
        assert actor.org
    operator_members.set_person_disabled(runtime, cast.bob.email, disabled=True)
    found = key_owners.possible_owners(cast.alice.member)
    assert {owner.email for owner in found} == {cast.alice.email, cast.adam.email}


def test_the_sign_up_key_of_somebody_whom_the_operator_disabled_is_not_handed_over(runtime, cast, clock):
    alice, bob = cast.alice, cast.bob
    text = sign_up(runtime, clock, bob).reveal()
    key_id = key_verification.require(runtime, text, scope=None).key_id
    operator_members.set_person_disabled(runtime, bob.email, disabled=True)
    with pytest.raises(Forbidden, match="disabled the person"):
        hand_over(runtime, alice, key_id, None)
    for action in (KeyAction.HAND_OVER, KeyAction.ROTATE):
        with pytest.raises(Forbidden, match="disabled the person"):
            member_removal.remove(
                runtime, alice.member, bob.person_id, Decisions({}, KeyDecision(action, None), OVERLAP_SECONDS)
            )
    with pytest.raises(Forbidden, match="disabled the person"):
        operator_members.remove_member(runtime, alice.org, bob.email, hand_over_keys=True)
    with pytest.raises(DomainError):
        key_verification.require(runtime, text, scope=None)


def test_nobody_gets_a_key_that_their_role_could_not_create_and_a_member_does_not_widen_it(runtime, cast):
    alice, bob = cast.alice, cast.bob
    looks_up = keys.create(runtime, alice.member, KeySettings(name="Edge", scopes=["keys:verify"])).listed.key.id
    with pytest.raises(ValidationFailed) as refused:
        hand_over(runtime, alice, looks_up, bob.email)
    assert refused.value.fields == {"owner": "may not give a key its scopes as member; choose somebody else"}
    limited = KeySettings(name="CI", scopes=["agent:r"], networks=["10.0.0.0/8"])
    key_id = keys.create(runtime, alice.member, limited).listed.key.id
    hand_over(runtime, alice, key_id, bob.email)
    with pytest.raises(WiderThanSet):
        key_settings.change(runtime, bob.member, key_id, KeySettings(networks=[]))
