"""Deleting an organization, bringing it back, and erasing it."""

import json
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import text

from app.domain.errors import DomainError, Forbidden, NotFound, SignInAgain, ValidationFailed
from app.domain.key_settings import KeySettings
from app.domain.key_verification import Outcome
from app.domain.member_roles import Permission, Role
from app.domain.organization_deletion import KEPT
from app.extensions import Base, db
from app.services import (
    agent_sign_up,
    audit,
    credits,
    device_grants,
    key_rotation,
    key_verification,
    keys,
    new_organization,
    operator_keys,
    operator_members,
    operator_organizations,
    organization_deletion,
    organizations,
    retention,
    sessions,
)
from app.store import organization_deletion as store
from app.store import organizations as organization_store
from app.store.outbox import OutboxMail
from app.store.transaction import transaction
from tests.services.audit_entries import newest
from tests.services.test_retention import fill_every_table

NAME = "alice’s organization"


def delete(runtime, member, typed=NAME, minutes_ago=0):
    signed_in_at = runtime.clock() - timedelta(minutes=minutes_ago)
    return organization_deletion.delete(runtime, member, signed_in_at=signed_in_at, typed=typed)


def outcome(runtime, key):
    return key_verification.verify(runtime, key, None).outcome


def make_key(runtime, member, name="CI"):
    return keys.create(runtime, member, KeySettings(name=name)).plaintext.reveal()


def mails():
    return db.session.query(OutboxMail).where(OutboxMail.mail == "organization_deleted").all()


def test_its_keys_are_refused_and_its_members_are_outsiders(runtime, cast, clock):
    alice, bob = cast.alice, cast.bob
    member, key = bob.member, make_key(runtime, bob.member)
    assert outcome(runtime, key) is Outcome.VALID
    done = delete(runtime, alice.member)
    assert (done.keys, done.members, done.erased_at) == (1, 2, clock.now + KEPT)
    assert outcome(runtime, key) is Outcome.DISABLED
    for actor in (alice, bob):
        assert organizations.of_person(actor.person_id) == []
        with pytest.raises(NotFound):
            organizations.member(actor.person_id, actor.email, alice.org, Permission.READ_KEYS)
    assert keys.page_of_person(runtime, member.person_id, limit=9, cursor=None).items == []
    last = newest(alice.org)
    assert (last.action, last.actor, last.details["keys"]) == ("organization.deleted", alice.email, 1)
    assert audit.broken_at(alice.org) is None


def test_all_owners_are_told(runtime, cast):
    cast.join(cast.charlie, cast.alice.org, Role.OWNER)
    assert cast.adam
    delete(runtime, cast.alice.member)
    assert {mail.recipient for mail in mails()} == {"alice@example.com", "charlie@example.com"}
    assert json.loads(mails()[0].about)["by"] == "alice@example.com"


@pytest.mark.parametrize("typed", ["alice’s organization", " Alice's Organization "])
def test_its_name_is_typed_as_keyboards_type_it(runtime, alice, typed):
    assert delete(runtime, alice.member, typed).name == NAME


@pytest.mark.parametrize("typed", ["", "bob’s organization", "alice"])
def test_another_name_deletes_nothing(runtime, alice, typed):
    key = make_key(runtime, alice.member)
    with pytest.raises(ValidationFailed, match="name"):
        delete(runtime, alice.member, typed)
    assert outcome(runtime, key) is Outcome.VALID
    assert mails() == []


@pytest.mark.parametrize(("minutes", "is_refused"), [(9.99, False), (10, True), (600, True)])
def test_only_somebody_who_signed_in_within_ten_minutes_deletes(runtime, alice, minutes, is_refused):
    if is_refused:
        with pytest.raises(SignInAgain):
            delete(runtime, alice.member, minutes_ago=minutes)
    else:
        delete(runtime, alice.member, minutes_ago=minutes)
    assert (organizations.of_person(alice.person_id) == []) is not is_refused


def test_only_owners_delete_and_by_the_role_that_they_have_now(runtime, cast):
    with pytest.raises(Forbidden):
        delete(runtime, cast.adam.member)
    was_owner = cast.alice.member
    operator_members.add_member(runtime, cast.alice.org, cast.alice.email, Role.ADMIN, last_owner=True)
    with pytest.raises(Forbidden):
        delete(runtime, was_owner)
    operator_members.remove_member(runtime, cast.alice.org, cast.alice.email)
    with pytest.raises(NotFound):
        delete(runtime, was_owner)


def test_the_operators_own_organization_is_not_deleted(runtime, cast):
    with transaction():
        theirs = organization_store.operators(runtime.clock()).id
    cast.join(cast.alice, theirs, Role.OWNER)
    cast.alice.org = theirs
    for attempt in (
        lambda: delete(runtime, cast.alice.member, "Operators"),
        lambda: organization_deletion.delete_as_operator(runtime, theirs),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_what_was_under_way_does_nothing_any_more(runtime, cast):
    alice, bob = cast.alice, cast.bob
    member = bob.member
    grant = device_grants.authorize(runtime, client_name="CI", scopes=[], client="192.0.2.1", address="192.0.2.1")
    device_grants.approve(runtime, member, grant.user_code.reveal(), ["agent:rw"], client="192.0.2.1")
    delete(runtime, alice.member)
    with pytest.raises(NotFound):
        keys.create(runtime, member, KeySettings(name="Late"))
    with pytest.raises(device_grants.DeviceError, match="access_denied"):
        device_grants.poll(runtime, grant.device_code.reveal())
    with pytest.raises(NotFound):
        delete(runtime, organizations.Member(alice.person_id, alice.email, alice.org, NAME, Role.OWNER))


def test_an_agents_sign_up_key_of_it_is_not_given_again(runtime, alice, clock):
    def verified():
        clock.advance(hours=1)
        code = agent_sign_up.request(runtime, email=alice.email, client="192.0.2.1").plaintext.reveal()
        return agent_sign_up.verify(runtime, email=alice.email, code=code).api_key.reveal()

    first = verified()
    delete(runtime, alice.member)
    second = verified()
    assert (outcome(runtime, first), outcome(runtime, second)) == (Outcome.DISABLED, Outcome.VALID)
    (new,) = organizations.of_person(alice.person_id)
    assert new.id != alice.org


def test_whose_only_organization_it_was_has_a_new_one_without_credits_at_the_next_sign_in(app, runtime, cast):
    alice, vera = cast.alice, cast.vera
    delete(runtime, alice.member)
    alice.sign_in()
    (new,) = organizations.of_person(alice.person_id)
    assert (new.id != alice.org, new.name, new.role) == (True, NAME, Role.OWNER)
    assert credits.balance(new.id).granted == 0
    alice.sign_in()
    with app.app_context():
        assert organizations.of_person(alice.person_id) == [new]
    vera.sign_in()
    with app.app_context():
        assert [found.role for found in organizations.of_person(vera.person_id)] == [Role.OWNER]


def test_the_operator_brings_it_back_with_keys_and_members(runtime, cast, clock):
    alice, bob = cast.alice, cast.bob
    key = make_key(runtime, bob.member)
    delete(runtime, alice.member)
    clock.advance(days=29)
    assert organization_deletion.restore(runtime, NAME) == NAME
    assert outcome(runtime, key) is Outcome.VALID
    assert organizations.of_person(bob.person_id)[0].role is Role.MEMBER
    assert newest(alice.org).action == "organization.restored"
    assert audit.broken_at(alice.org) is None
    with pytest.raises(NotFound, match="It was not deleted"):
        organization_deletion.restore(runtime, alice.org)


def test_one_that_was_disabled_before_stays_disabled(runtime, alice, clock):
    key = make_key(runtime, alice.member)
    operator_organizations.set_organization_disabled(runtime, alice.org, disabled=True)
    clock.advance(days=1)
    delete(runtime, alice.member)
    organization_deletion.restore(runtime, alice.org)
    assert outcome(runtime, key) is Outcome.DISABLED
    operator_organizations.set_organization_disabled(runtime, alice.org, disabled=False)
    assert outcome(runtime, key) is Outcome.VALID


def test_operators_delete_too_and_commands_do_not_find_it(runtime, alice):
    organization_deletion.delete_as_operator(runtime, NAME)
    assert newest(alice.org).actor == "operator"
    for attempt in (
        lambda: operator_keys.create_key(runtime, KeySettings(), org=alice.org),
        lambda: operator_organizations.set_organization_disabled(runtime, alice.org, disabled=False),
        lambda: organization_deletion.delete_as_operator(runtime, alice.org),
    ):
        with pytest.raises(NotFound, match="To bring it back: orgs restore"):
            attempt()


def test_deleted_ones_count_among_those_that_somebody_owns(runtime, alice, clock):
    for _ in range(new_organization.MOST_OWNED - 1):
        clock.advance(hours=1)
        made = new_organization.create(runtime, alice.person_id, alice.email, "More", client="192.0.2.1")
        alice.org = made.id
        delete(runtime, alice.member, "More")
    clock.advance(hours=1)
    with pytest.raises(Forbidden, match="counts until it is erased"):
        new_organization.create(runtime, alice.person_id, alice.email, "More", client="192.0.2.1")


def rows_of(org_id):
    """How many rows in which tables."""
    counts = {
        name: db.session.execute(text(f"SELECT count(*) FROM {name} WHERE org_id = :org"), {"org": org_id}).scalar_one()
        for name, table in Base.metadata.tables.items()
        if "org_id" in table.c
    }
    return {name: count for name, count in counts.items() if count}


def test_after_thirty_days_all_that_belonged_to_it_is_erased_but_the_row_that_servers_read(
    runtime, cast, clock, monkeypatch
):
    monkeypatch.setattr(organization_deletion, "ROWS_AT_ONCE", 2)
    alice, other = cast.alice, cast.charlie.own_organization()
    fill_every_table(runtime, alice.member, clock)
    issued = keys.create(runtime, alice.member, KeySettings(name="Rotated"))
    key_rotation.rotate(runtime, alice.member, issued.listed.key.id, overlap_seconds=60)
    keep = rows_of(other)
    delete(runtime, alice.member)
    clock.advance(days=29, hours=23)
    retention.prune(runtime)
    assert len(rows_of(alice.org)) > 8
    revision, head = organization_store.revocation_revision(alice.org), audit_head(alice.org)
    clock.advance(hours=1)
    assert outcome(runtime, issued.plaintext.reveal()) is Outcome.DISABLED
    retention.prune(runtime)
    assert rows_of(alice.org) == {}
    assert rows_of(other) == keep
    assert outcome(runtime, issued.plaintext.reveal()) is Outcome.NOT_FOUND
    row = db.session.get(organization_store.Organization, alice.org)
    assert (row.name, row.audit_head, row.revocation_revision > revision) == ("", head, True)
    # A server may have counted a refused request a moment before: that is looked for, for a day.
    runtime.usage.flush()
    assert rows_of(alice.org) == {"last_use": 1, "usage_hour": 1}
    clock.advance(hours=1)
    retention.prune(runtime)
    assert rows_of(alice.org) == {}
    assert store.deleted_before(clock.now) == [alice.org]
    clock.advance(days=1)
    retention.prune(runtime)
    assert store.deleted_before(clock.now) == []
    assert [org.id for org in operator_organizations.all_organizations(runtime)] == [other]
    with pytest.raises(NotFound):
        organization_deletion.restore(runtime, alice.org)


def audit_head(org_id):
    return db.session.get(organization_store.Organization, org_id).audit_head


def test_its_people_keep_their_accounts(runtime, cast, clock):
    delete(runtime, cast.alice.member)
    clock.advance(days=31)
    retention.prune(runtime)
    cast.alice.sign_in()
    assert organizations.of_person(cast.alice.person_id) == []
    assert sessions.of_person(runtime, cast.alice.person_id)
    assert new_organization.create(runtime, cast.alice.person_id, cast.alice.email, "Anew", client="192.0.2.1")


def test_from_the_thirtieth_day_on_it_is_not_brought_back_however_late_it_is_erased(runtime, alice, clock):
    delete(runtime, alice.member)
    clock.advance(days=30)
    with pytest.raises(NotFound, match="any more"):
        organization_deletion.restore(runtime, alice.org)


def test_erasing_goes_on_after_it_was_interrupted(runtime, alice, clock, monkeypatch):
    monkeypatch.setattr(organization_deletion, "ROWS_AT_ONCE", 1)
    fill_every_table(runtime, alice.member, clock)
    delete(runtime, alice.member)
    clock.advance(days=30)
    with transaction():
        assert store.erase_some(alice.org, 1) == 1
    assert rows_of(alice.org)
    # Half of a log is no sign of tampering.
    assert operator_organizations.all_organizations(runtime) == []
    organization_deletion.erase(runtime)
    assert rows_of(alice.org) == {}


def test_its_row_is_emptied_although_the_server_ended_between_the_last_rows_and_that(runtime, cast, clock, monkeypatch):
    alice = cast.alice
    issued = keys.create(runtime, alice.member, KeySettings(name="CI"))
    delete(runtime, alice.member)
    clock.advance(days=30)
    with monkeypatch.context() as patch:
        patch.setattr(store, "forget", lambda _: fail())
        organization_deletion.erase(runtime)
        clock.advance(days=2)
        organization_deletion.erase(runtime)
    assert (rows_of(alice.org), store.deleted_before(clock.now)) == ({}, [alice.org])
    revision = organization_store.revocation_revision(alice.org)
    organization_deletion.erase(runtime)
    row = db.session.get(organization_store.Organization, alice.org)
    assert (row.name, row.key_policy, row.erased_at) == ("", None, clock.now)
    assert row.revocation_revision > revision
    assert outcome(runtime, issued.plaintext.reveal()) is Outcome.NOT_FOUND


def fail(about="alice@example.com"):
    raise RuntimeError(about)


def test_a_row_that_was_emptied_is_not_emptied_again(runtime, alice, clock):
    delete(runtime, alice.member)
    clock.advance(days=30)
    organization_deletion.erase(runtime)
    revision = organization_store.revocation_revision(alice.org)
    organization_deletion.erase(runtime)
    assert organization_store.revocation_revision(alice.org) == revision


def test_one_that_was_brought_back_meanwhile_is_left_as_it_is(runtime, alice, clock, monkeypatch):
    key = make_key(runtime, alice.member)
    delete(runtime, alice.member)
    clock.advance(days=29)
    organization_deletion.restore(runtime, NAME)
    there = rows_of(alice.org)
    monkeypatch.setattr(store, "deleted_before", lambda _: [alice.org])
    organization_deletion.erase(runtime)
    row = db.session.get(organization_store.Organization, alice.org)
    assert (row.name, row.erased_at, rows_of(alice.org)) == (NAME, None, there)
    assert outcome(runtime, key) is Outcome.VALID


def test_one_that_cannot_be_erased_does_not_keep_the_others(runtime, cast, clock, monkeypatch, caplog):
    first, second = cast.alice.org, cast.charlie.own_organization()
    for org in (first, second):
        organization_deletion.delete_as_operator(runtime, org)
        clock.advance(hours=1)
    clock.advance(days=32)
    erase_some = store.erase_some
    with monkeypatch.context() as patch:
        patch.setattr(store, "erase_some", lambda org, most: fail() if org == first else erase_some(org, most))
        organization_deletion.erase(runtime)
    assert (rows_of(second), store.deleted_before(clock.now)) == ({}, [first])
    assert (first in caplog.text, "RuntimeError" in caplog.text, "alice" in caplog.text) == (True, True, False)
    organization_deletion.erase(runtime)
    assert (rows_of(first), store.deleted_before(clock.now)) == ({}, [])


def at_once(app, *acts):
    """What each comes to: its result, or its error."""
    results = [None] * len(acts)

    def run(number, act):
        with app.app_context():
            try:
                results[number] = act()
            except DomainError as error:
                results[number] = error

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


def test_of_two_owners_who_delete_it_at_once_one_does(app, runtime, cast):
    cast.join(cast.charlie, cast.alice.org, Role.OWNER)
    owners = [cast.alice.member, cast.charlie.member]
    found = at_once(app, *(lambda owner=owner: delete(runtime, owner) for owner in owners))
    assert sorted(type(one).__name__ for one in found) == ["Deletion", "NotFound"]
    assert len(mails()) == 2


def test_a_key_that_is_made_meanwhile_is_refused_or_not_made(app, runtime, cast):
    bob = cast.bob.member
    made, done = at_once(app, lambda: make_key(runtime, bob), lambda: delete(runtime, cast.alice.member))
    assert done.name == NAME
    assert isinstance(made, NotFound) or outcome(runtime, made) is Outcome.DISABLED
    assert newest(cast.alice.org).action == "organization.deleted"
    assert audit.broken_at(cast.alice.org) is None


def test_somebody_who_joins_meanwhile_sees_nothing(app, runtime, cast):
    charlie, org = cast.charlie, cast.alice.org
    member = cast.alice.member
    at_once(
        app,
        lambda: operator_members.add_member(runtime, org, charlie.email, Role.OWNER),
        lambda: delete(runtime, member),
    )
    assert org not in [found.id for found in organizations.of_person(charlie.person_id)]


def test_an_owner_who_is_removed_meanwhile_deletes_it_or_is_an_outsider(app, runtime, cast):
    cast.join(cast.charlie, cast.alice.org, Role.OWNER)
    charlie, org = cast.charlie.member, cast.alice.org
    _, done = at_once(
        app,
        lambda: operator_members.remove_member(runtime, org, charlie.email),
        lambda: delete(runtime, charlie),
    )
    assert isinstance(done, organization_deletion.Deletion | NotFound)
    is_deleted = organizations.of_person(cast.alice.person_id) == []
    assert is_deleted is isinstance(done, organization_deletion.Deletion)


def test_two_processes_that_erase_at_once_leave_nothing(app, runtime, alice, clock, monkeypatch):
    monkeypatch.setattr(organization_deletion, "ROWS_AT_ONCE", 1)
    fill_every_table(runtime, alice.member, clock)
    delete(runtime, alice.member)
    clock.advance(days=32)
    assert at_once(app, *[lambda: organization_deletion.erase(runtime)] * 2) == [None, None]
    assert rows_of(alice.org) == {}
    assert store.deleted_before(clock.now) == []


def test_an_agent_with_a_session_token_finds_none_of_its_keys(runtime, cast):
    bob = cast.bob
    make_key(runtime, bob.member)
    headers = {"Authorization": f"Bearer {cast.session_token(bob)}"}
    delete(runtime, cast.alice.member)
    assert bob.app.test_client().get("/v1/keys/list", headers=headers).get_json()["data"] == []
    made = bob.app.test_client().post("/v1/keys/create", headers=headers, json={"name": "CI", "org_id": bob.org})
    assert made.status_code == 404
