"""Removing members and leaving: access ends at once, and no key is lost or forgotten."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from app.domain.errors import (
    DomainError,
    Forbidden,
    KeyRevoked,
    KeysUndecided,
    LastOwner,
    NotFound,
    ValidationFailed,
)
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Permission, Role
from app.services import (
    audit,
    device_grants,
    key_revocation,
    key_settings,
    key_suspension,
    key_verification,
    keys,
    member_removal,
    operator_members,
    organizations,
    sessions,
)
from app.services.device_grants import DeviceError
from app.services.fair_revocation_queue import RevocationQueue
from app.services.member_removal import Decisions, KeyAction, KeyDecision
from tests.services.test_key_owners import sign_up

HAND_OVER, ROTATE, REVOKE = (KeyDecision(action) for action in KeyAction)


def create(runtime, who, name="CI", scope="agent:r"):
    return keys.create(runtime, who.member, KeySettings(name=name, scopes=[scope]))


def remove(runtime, who, target, **decisions):
    return member_removal.remove(runtime, who.member, target.person_id, Decisions(**decisions))


def works(runtime, issued):
    try:
        return bool(key_verification.require(runtime, issued.plaintext.reveal(), scope=None))
    except KeyRevoked:
        return False


def is_member(cast, actor):
    return any(found.id == cast.alice.org for found in organizations.of_person(actor.person_id))


@pytest.fixture
def bob(cast):
    """Somebody whose ID is asked for beforehand: removed people have no `member`."""
    return cast.bob


def test_who_has_no_keys_is_removed_and_who_did_it_is_on_record(runtime, cast, bob):
    token = bob.http.get_cookie("whs_session").value
    assert remove(runtime, cast.adam, bob) == (bob.email, [])
    assert not is_member(cast, bob)
    (entry,) = audit.page(cast.alice.org, limit=1, cursor=None).items
    assert (entry.action, entry.actor, entry.target) == ("member.removed", cast.adam.email, bob.person_id)
    # They may be in other organizations.
    assert sessions.resume(runtime, token)
    with pytest.raises(NotFound):
        remove(runtime, cast.adam, bob)


def test_each_key_is_decided_about(runtime, cast, bob):
    alice, adam = cast.alice, cast.adam
    mine, organizations_, rotated, revoked = (create(runtime, bob, name) for name in ("A", "B", "C", "D"))
    ids = [issued.listed.key.id for issued in (mine, organizations_, rotated, revoked)]
    decisions = [KeyDecision(KeyAction.HAND_OVER, adam.email), HAND_OVER, ROTATE._replace(owner=alice.email), REVOKE]
    done = remove(runtime, alice, bob, keys=dict(zip(ids, decisions, strict=True)), overlap_seconds=3600)
    assert [works(runtime, issued) for issued in (mine, organizations_, rotated, revoked)] == [True, True, True, False]
    found = [keys.get(alice.member, key_id) for key_id in ids]
    assert [(listed.owner, listed.created_by) for listed in found] == [
        (adam.email, bob.email),
        (None, bob.email),
        (alice.email, bob.email),
        (bob.email, bob.email),
    ]
    assert not any(listed.owner_left for listed in found[:3])
    assert (found[3].key.revoked_reason, found[3].key.revoked_by) == ("member_removed", alice.person_id)
    ((old, successor),) = done.replaced
    assert old.key.id == ids[2]
    assert works(runtime, successor)
    assert keys.get(alice.member, successor.listed.key.id).owner == alice.email
    assert (found[2].key.expires_at - runtime.clock()).total_seconds() == pytest.approx(3600, abs=5)


def test_nothing_happens_until_every_key_is_decided_about(runtime, cast, bob):
    first, second = create(runtime, bob, "A"), create(runtime, bob, "B")
    with pytest.raises(KeysUndecided) as undecided:
        remove(runtime, cast.alice, bob, keys={first.listed.key.id: REVOKE})
    assert sorted(key["name"] for key in undecided.value.details["keys"]) == ["A", "B"]
    assert is_member(cast, bob)
    assert works(runtime, first)
    remove(runtime, cast.alice, bob, keys={first.listed.key.id: REVOKE}, others=HAND_OVER)
    assert [works(runtime, issued) for issued in (first, second)] == [False, True]


def test_a_decision_about_a_key_that_is_none_of_theirs_any_more_changes_nothing(runtime, cast, bob):
    gone, theirs = create(runtime, bob, "A"), create(runtime, bob, "B")
    key_revocation.revoke(runtime, bob.member, gone.listed.key.id)
    for other in (gone, create(runtime, cast.alice)):
        decisions = dict.fromkeys([other.listed.key.id, theirs.listed.key.id], REVOKE)
        with pytest.raises(KeysUndecided, match="in the meantime"):
            remove(runtime, cast.alice, bob, keys=decisions)
    assert is_member(cast, bob)
    assert works(runtime, theirs)


def test_keys_of_the_organization_and_of_others_are_not_touched(runtime, cast, bob):
    service = create(runtime, bob, "Service")
    key_settings.change(
        runtime, cast.alice.member, service.listed.key.id, KeySettings(), to=key_settings.ForOwner(None)
    )
    alices = create(runtime, cast.alice)
    remove(runtime, cast.alice, bob)
    assert works(runtime, service)
    assert works(runtime, alices)


@pytest.mark.parametrize("owner", ["bob", "vera", "charlie"])
def test_keys_go_only_to_members_who_may_create_keys_and_stay(runtime, cast, bob, owner):
    create(runtime, bob)
    to = KeyDecision(KeyAction.HAND_OVER, getattr(cast, owner).email)
    with pytest.raises(ValidationFailed) as refused:
        remove(runtime, cast.alice, bob, others=to)
    assert list(refused.value.fields) == ["owner"]
    assert is_member(cast, bob)


@pytest.mark.parametrize("decision", [HAND_OVER, ROTATE])
def test_a_sign_up_key_that_is_handed_over_or_rotated_is_none_any_more(runtime, cast, bob, clock, decision):
    text = sign_up(runtime, clock, bob).reveal()
    done = remove(runtime, cast.alice, bob, others=decision)
    assert key_verification.require(runtime, text, scope=None)
    operator_members.add_member(runtime, cast.alice.org, bob.email, Role.MEMBER)
    again = sign_up(runtime, clock, bob).reveal()
    assert again not in {text, *(successor.plaintext.reveal() for _, successor in done.replaced)}


def test_a_member_removes_nobody_and_an_admin_no_owner(runtime, cast, bob):
    for actor, target in ((bob, cast.vera), (cast.vera, bob), (cast.adam, cast.alice)):
        with pytest.raises(Forbidden):
            remove(runtime, actor, target)


def test_a_key_that_cannot_be_rotated_is_not_and_nothing_else_happens(runtime, cast, bob):
    suspended, other = create(runtime, bob), create(runtime, bob)
    key_suspension.suspend(runtime, bob.member, suspended.listed.key.id)
    left = {key.listed.key.id: key for key in member_removal.left_keys(runtime, cast.alice.member, bob.person_id)}
    assert left[suspended.listed.key.id].not_rotatable == "it is suspended"
    assert left[other.listed.key.id].not_rotatable is None
    with pytest.raises(DomainError):
        remove(runtime, cast.alice, bob, others=ROTATE)
    assert is_member(cast, bob)
    assert keys.get(cast.alice.member, other.listed.key.id).successor is None


def test_what_is_suggested_depends_on_whether_a_key_was_used_lately(runtime, cast, bob, clock):
    _, long_ago, used = (create(runtime, bob, name) for name in ("Unused", "Long ago", "Used"))
    works(runtime, long_ago)
    runtime.usage.flush()
    clock.advance(days=31)
    works(runtime, used)
    runtime.usage.flush()
    suggested = [
        (key.listed.key.name, key.suggested)
        for key in member_removal.left_keys(runtime, cast.alice.member, bob.person_id)
    ]
    assert suggested == [
        ("Used", KeyAction.ROTATE),
        ("Long ago", KeyAction.REVOKE),
        ("Unused", KeyAction.REVOKE),
    ]
    own = member_removal.left_keys(runtime, bob.member, bob.person_id)
    assert [key.suggested for key in own][:1] == [KeyAction.HAND_OVER]
    assert all(key.not_rotatable for key in own)


def test_leaving_hands_over_to_an_owner_or_the_organization_or_revokes(runtime, cast, bob):
    to_alice, to_all, revoked = (create(runtime, bob, name) for name in "ABC")
    decisions = dict(
        zip(
            (issued.listed.key.id for issued in (to_alice, to_all, revoked)),
            (KeyDecision(KeyAction.HAND_OVER, cast.alice.email), HAND_OVER, REVOKE),
            strict=True,
        )
    )
    assert remove(runtime, bob, bob, keys=decisions) == (bob.email, [])
    assert not is_member(cast, bob)
    assert [works(runtime, issued) for issued in (to_alice, to_all, revoked)] == [True, True, False]
    owners = [keys.get(cast.alice.member, issued.listed.key.id).owner for issued in (to_alice, to_all)]
    assert owners == [cast.alice.email, None]
    entries = [
        entry for entry in audit.page(cast.alice.org, limit=9, cursor=None).items if entry.action == "member.left"
    ]
    assert [entry.actor for entry in entries] == [bob.email]


def test_who_leaves_makes_no_successors_and_chooses_among_owners(runtime, cast, bob):
    create(runtime, bob)
    with pytest.raises(Forbidden):
        remove(runtime, bob, bob, others=ROTATE)
    with pytest.raises(ValidationFailed):
        remove(runtime, bob, bob, others=KeyDecision(KeyAction.HAND_OVER, cast.adam.email))
    assert is_member(cast, bob)


def test_a_viewer_may_leave_and_the_last_owner_may_not(runtime, cast):
    remove(runtime, cast.vera, cast.vera)
    with pytest.raises(LastOwner):
        remove(runtime, cast.alice, cast.alice)
    operator_members.set_role(runtime, cast.alice.org, cast.adam.email, Role.OWNER)
    remove(runtime, cast.alice, cast.alice)
    assert not is_member(cast, cast.alice)


def test_agents_of_whoever_was_removed_have_no_access_any_more(runtime, cast, bob, clock):
    token = cast.session_token(bob)
    grant = device_grants.authorize(runtime, client_name="A", scopes=["agent:r"], client="203.0.113.1", address="-")
    device_grants.approve(runtime, bob.member, grant.user_code.reveal(), ["agent:r"], client="203.0.113.1")
    remove(runtime, cast.alice, bob)
    headers = {"Authorization": f"Bearer {token}"}
    body = {"name": "Agent", "org_id": cast.alice.org}
    assert bob.app.test_client().post("/v1/keys/create", json=body, headers=headers).status_code == 404
    # Not even if they come back at once.
    operator_members.add_member(runtime, cast.alice.org, bob.email, Role.MEMBER)
    clock.advance(seconds=5)
    with pytest.raises(DeviceError) as denied:
        device_grants.poll(runtime, grant.device_code.reveal())
    assert denied.value.error == "access_denied"


@pytest.mark.parametrize("first", ["the member", "who removes them"])
def test_a_member_who_is_removed_while_they_make_a_key_leaves_none_behind(app, runtime, cast, bob, first):
    member, alice, start = bob.member, cast.alice.member, Barrier(2)
    others = replace(runtime, revocation_queue=RevocationQueue())

    def run(action):
        with app.app_context():
            start.wait()
            try:
                return action()
            except DomainError as error:
                return error

    def make():
        return keys.create(others, member, KeySettings(name="Late"))

    def removal():
        return member_removal.remove(runtime, alice, member.person_id, Decisions())

    actions = [make, removal] if first == "the member" else [removal, make]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, actions))
    made, removed = results if first == "the member" else reversed(results)
    if isinstance(removed, KeysUndecided):
        assert is_member(cast, bob)
    else:
        assert isinstance(made, NotFound)
        assert removed.email == bob.email


def test_a_request_under_way_when_its_person_was_removed_gets_nowhere(runtime, cast, bob):
    member, target = bob.member, cast.vera.person_id
    remove(runtime, cast.alice, bob)
    for act in (
        lambda: member_removal.remove(runtime, member, member.person_id, Decisions()),
        lambda: member_removal.remove(runtime, member, target, Decisions()),
        lambda: organizations.member(member.person_id, bob.email, member.org_id, Permission.READ_KEYS),
    ):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize(
    ("limit", "decision"),
    [("app.services.members.MOST_KEYS", REVOKE), ("app.services.member_removal.MOST_ROTATED", ROTATE)],
)
def test_more_keys_than_one_transaction_can_take_are_refused_with_the_way_out(
    runtime, cast, bob, monkeypatch, limit, decision
):
    monkeypatch.setattr(limit, 1)
    for name in "AB":
        create(runtime, bob, name)
    with pytest.raises(ValidationFailed) as refused:
        remove(runtime, cast.alice, bob, others=decision)
    assert list(refused.value.fields) == ["keys"]
    assert is_member(cast, bob)


def test_a_step_decides_about_some_keys_and_leaves_the_member(runtime, cast, bob, clock):
    alice = cast.alice
    revoked, given, kept = (create(runtime, bob, name).listed.key.id for name in ("A", "B", "C"))
    others = create(runtime, alice, "of alice").listed.key.id

    def decide(ids, decision, by=alice):
        return member_removal.decide_some(runtime, by.member, bob.person_id, ids, decision)

    # Keys of others, and keys that ended meanwhile, are none of theirs.
    assert decide([revoked, others], REVOKE) == 1
    assert decide([revoked, given], KeyDecision(KeyAction.HAND_OVER, alice.email), by=bob) == 1
    assert is_member(cast, bob)
    states = {key_id: keys.get(alice.member, key_id) for key_id in (revoked, given, kept, others)}
    assert [one.owner for one in states.values()] == [bob.email, alice.email, bob.email, alice.email]
    assert [one.key.revoked_at is not None for one in states.values()] == [True, False, False, False]
    for wrong in (ROTATE, KeyDecision(KeyAction.HAND_OVER, bob.email)):
        with pytest.raises(ValidationFailed):
            decide([kept], wrong)
    with pytest.raises(Forbidden):
        member_removal.decide_some(runtime, cast.adam.member, alice.person_id, [others], REVOKE)
    with pytest.raises(LastOwner):
        member_removal.decide_some(runtime, alice.member, alice.person_id, [others], REVOKE)


@pytest.mark.soak
def test_a_member_who_is_removed_while_they_make_a_key_leaves_none_behind_fifty_times(app, runtime, cast, bob):
    member, alice = bob.member, cast.alice.member
    others = replace(runtime, revocation_queue=RevocationQueue())
    for _ in range(50):
        start = Barrier(2)

        def run(action, start=start):
            with app.app_context():
                start.wait()
                try:
                    return action()
                except DomainError as error:
                    return error

        with ThreadPoolExecutor(2) as pool:
            made, removed = pool.map(
                run,
                (
                    lambda: keys.create(others, member, KeySettings(name="Late")),
                    lambda: member_removal.remove(runtime, alice, member.person_id, Decisions()),
                ),
            )
        assert isinstance(made, NotFound) is not isinstance(removed, KeysUndecided)
        if is_member(cast, bob):
            remove(runtime, cast.alice, bob, others=REVOKE)
        operator_members.add_member(runtime, cast.alice.org, bob.email, Role.MEMBER)
