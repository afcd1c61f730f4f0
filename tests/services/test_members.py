"""Members and their roles: who may change them, what becomes of keys, and that an owner is always left."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Thread

import pytest

from app.domain.errors import DomainError, Forbidden, KeyRevoked, KeysUndecided, LastOwner, NotFound, ValidationFailed
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Role
from app.services import audit, key_verification, keys, member_removal, members, operator_members
from app.services.fair_revocation_queue import RevocationQueue
from app.services.member_removal import Decisions
from app.store import memberships
from app.store.transaction import transaction


def role_of(runtime, cast, actor):
    return members.get(runtime, cast.alice.member, actor.person_id).role


@pytest.fixture
def olga(runtime, cast):
    """Another owner."""
    olga = cast.adam
    operator_members.set_role(runtime, olga.org, olga.email, Role.OWNER)
    return olga


def test_a_role_is_changed_and_who_did_it_is_on_record(runtime, cast):
    alice, bob = cast.alice, cast.bob
    changed = members.set_role(runtime, alice.member, bob.person_id, Role.VIEWER)
    assert (changed.email, changed.role) == (bob.email, Role.VIEWER)
    (entry,) = audit.page(alice.org, limit=1, cursor=None).items
    assert (entry.action, entry.actor, entry.target) == ("member.role_changed", alice.email, bob.person_id)
    assert entry.details == {"email": bob.email, "was": "member", "role": "viewer"}
    # Again: nothing changes, and nothing is recorded.
    members.set_role(runtime, alice.member, bob.person_id, Role.VIEWER)
    assert audit.page(alice.org, limit=1, cursor=None).items[0].id == entry.id


@pytest.mark.parametrize("who", ["bob", "vera"])
def test_who_does_not_manage_members_changes_no_role_not_even_their_own(runtime, cast, who):
    actor = getattr(cast, who)
    for target in (actor, cast.alice):
        with pytest.raises(Forbidden):
            members.set_role(runtime, actor.member, target.person_id, Role.VIEWER)


def test_an_admin_neither_touches_an_owner_nor_makes_one(runtime, cast, olga):
    operator_members.set_role(runtime, olga.org, cast.bob.email, Role.ADMIN)
    admin = cast.bob.member
    for target, role in ((olga, Role.VIEWER), (cast.vera, Role.OWNER), (cast.bob, Role.OWNER)):
        with pytest.raises(Forbidden):
            members.set_role(runtime, admin, target.person_id, role)
    assert members.set_role(runtime, admin, cast.vera.person_id, Role.ADMIN).role is Role.ADMIN
    assert members.set_role(runtime, admin, cast.bob.person_id, Role.MEMBER).role is Role.MEMBER
    assert members.roles_to_give(admin) == [Role.ADMIN, Role.MEMBER, Role.VIEWER]


def test_the_last_owner_stays_one(runtime, cast):
    alice = cast.alice
    with pytest.raises(LastOwner):
        members.set_role(runtime, alice.member, alice.person_id, Role.ADMIN)
    assert role_of(runtime, cast, alice) is Role.OWNER


def test_an_owner_who_is_disabled_does_not_count(runtime, cast, olga):
    operator_members.set_person_disabled(runtime, olga.email, disabled=True)
    with pytest.raises(LastOwner):
        members.set_role(runtime, cast.alice.member, cast.alice.person_id, Role.ADMIN)


def test_outsiders_and_people_elsewhere_are_not_found(runtime, cast):
    for act in (
        lambda: members.set_role(runtime, cast.alice.member, cast.charlie.person_id, Role.VIEWER),
        lambda: members.set_role(runtime, cast.alice.member, "usr_none", Role.VIEWER),
        lambda: members.get(runtime, cast.alice.member, cast.charlie.person_id),
    ):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize("revoke", [False, True])
def test_keys_that_the_new_role_could_not_create_are_asked_about(runtime, cast, revoke):
    alice, adam = cast.alice, cast.adam
    kept = keys.create(runtime, adam.member, KeySettings(name="CI", scopes=["agent:r"]))
    verifier = keys.create(runtime, adam.member, KeySettings(name="Verifier", scopes=["keys:verify"]))
    handed_over = keys.create(
        runtime, adam.member, KeySettings(name="Service", scopes=["keys:verify"]), of_organization=True
    )
    beyond = members.keys_beyond(runtime, alice.member, adam.person_id, Role.MEMBER)
    assert [listed.key.name for listed in beyond] == ["Verifier"]
    with pytest.raises(KeysUndecided) as undecided:
        members.set_role(runtime, alice.member, adam.person_id, Role.MEMBER)
    assert [key["name"] for key in undecided.value.details["keys"]] == ["Verifier"]
    assert role_of(runtime, cast, adam) is Role.ADMIN
    members.set_role(runtime, alice.member, adam.person_id, Role.MEMBER, revoke_keys=revoke)
    for issued in (kept, handed_over):
        assert key_verification.require(runtime, issued.plaintext.reveal(), scope=None)
    if not revoke:
        assert key_verification.require(runtime, verifier.plaintext.reveal(), scope=None)
        return
    with pytest.raises(KeyRevoked):
        key_verification.require(runtime, verifier.plaintext.reveal(), scope=None)
    found = keys.get(alice.member, verifier.listed.key.id).key
    assert (found.revoked_reason, found.revoked_by) == ("member_removed", alice.person_id)


def demote(runtime, member, person_id):
    members.set_role(runtime, member, person_id, Role.VIEWER, revoke_keys=True)


def remove(runtime, member, person_id):
    member_removal.remove(runtime, member, person_id, Decisions())


def demote_as_operator(runtime, member, person_id):
    """Whoever the member is."""
    emails = {row.person_id: row.email for row in operator_members.everybody(runtime, member.org_id)}
    operator_members.set_role(runtime, member.org_id, emails[person_id], Role.VIEWER)


#: What happens at once: who does what to whom.
RACES = {
    "two owners remove each other": (("alice", remove, "olga"), ("olga", remove, "alice")),
    "two owners demote each other": (("alice", demote, "olga"), ("olga", demote, "alice")),
    "both owners leave": (("alice", remove, "alice"), ("olga", remove, "olga")),
    "one owner is demoted by the other, who leaves": (("alice", demote, "olga"), ("alice", remove, "alice")),
    "an owner leaves while being demoted": (("alice", demote, "olga"), ("olga", remove, "olga")),
    "one owner is demoted by the operator, the other leaves": (
        ("alice", demote_as_operator, "alice"),
        ("olga", remove, "olga"),
    ),
}


def race(app, runtime, people, deeds):
    """Both at once, as two processes would, and what each of them raised. `people`: members by their names."""
    runtimes, start = (runtime, replace(runtime, revocation_queue=RevocationQueue())), Barrier(2)

    def run(process, deed):
        who, act, whom = deed
        with app.app_context():
            start.wait()
            try:
                act(process, people[who], people[whom].person_id)
            except DomainError as error:
                return error
            return None

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, runtimes, deeds))


def owners(runtime, org):
    return [row.email for row in operator_members.everybody(runtime, org) if row.role is Role.OWNER]


@pytest.mark.parametrize("name", RACES)
def test_never_an_organization_without_an_owner(app, runtime, cast, olga, name):
    errors = race(app, runtime, {"alice": cast.alice.member, "olga": olga.member}, RACES[name])
    assert owners(runtime, cast.alice.org)
    assert audit.broken_at(cast.alice.org) is None
    assert all(error is None or isinstance(error, NotFound | LastOwner | Forbidden) for error in errors)


@pytest.mark.parametrize("demoted_by", [demote, demote_as_operator], ids=["themselves", "the operator"])
def test_the_last_owner_who_leaves_while_being_demoted_stays_owner(app, runtime, cast, demoted_by):
    alice = cast.alice
    deeds = (("alice", remove, "alice"), ("alice", demoted_by, "alice"))
    for _ in range(5):
        errors = race(app, runtime, {"alice": alice.member}, deeds)
        assert [type(error) for error in errors] == [LastOwner, LastOwner]
    assert owners(runtime, alice.org) == [alice.email]


def test_who_is_removed_while_they_change_a_role_does_it_before_or_not_at_all(app, runtime, cast):
    alice, adam, bob = cast.alice, cast.adam, cast.bob
    people = {"alice": alice.member, "adam": adam.member, "bob": bob.member}
    changed, removed = race(app, runtime, people, (("adam", demote, "bob"), ("alice", remove, "adam")))
    assert removed is None
    happened = [entry.action for entry in audit.page(alice.org, limit=10, cursor=None).items]
    if changed is None:
        assert role_of(runtime, cast, bob) is Role.VIEWER
        assert happened.index("member.role_changed") > happened.index("member.removed")
    else:
        assert isinstance(changed, NotFound)
        assert role_of(runtime, cast, bob) is Role.MEMBER
        assert "member.role_changed" not in happened


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("act", [remove, demote, demote_as_operator])
def test_who_changes_members_waits_for_others_who_do(app, runtime, cast, olga, act):
    """On SQLite, all writers do."""
    alice, seen = cast.alice.member, []

    def stop_being_owner():
        with app.app_context():
            try:
                act(runtime, alice, alice.person_id)
            except LastOwner as error:
                seen.append(error)

    with transaction():
        members.take_turn(alice.org_id)
        waiting = Thread(target=stop_being_owner)
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        memberships.put(alice.org_id, olga.person_id, Role.ADMIN, runtime.clock())
    waiting.join(10)
    assert len(seen) == 1
    assert owners(runtime, alice.org_id) == [alice.email]


@pytest.mark.soak
@pytest.mark.parametrize("name", RACES)
def test_never_an_organization_without_an_owner_a_hundred_times(app, runtime, cast, olga, name):
    people = {"alice": cast.alice.member, "olga": olga.member}
    for _ in range(100):
        race(app, runtime, people, RACES[name])
        assert owners(runtime, cast.alice.org)
        for actor in (cast.alice, olga):
            operator_members.add_member(runtime, cast.alice.org, actor.email, Role.OWNER)


def test_a_lesser_role_revokes_no_more_keys_than_one_transaction_can_take(runtime, cast, monkeypatch):
    alice, bob = cast.alice, cast.bob
    for _ in range(2):
        bob.create_key()
    monkeypatch.setattr("app.services.members.MOST_KEYS", 1)
    with pytest.raises(ValidationFailed) as refused:
        members.set_role(runtime, alice.member, bob.person_id, Role.VIEWER, revoke_keys=True)
    assert list(refused.value.fields) == ["keys"]
    assert members.set_role(runtime, alice.member, bob.person_id, Role.VIEWER, revoke_keys=False).role is Role.VIEWER
