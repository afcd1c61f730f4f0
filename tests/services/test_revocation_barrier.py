"""Revocation: the answer waits, and who is refused has changed nothing."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import Busy, NotFound
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Role
from app.domain.secret import Secret
from app.domain.sign_up_key_derivation import KeyDeriver
from app.extensions import db
from app.services import (
    agent_sign_up,
    install_id_credentials,
    key_revocation,
    key_rotation,
    key_settings,
    key_verification,
    keys,
    operator_keys,
    operator_members,
    operator_organizations,
    proxy_cache_invalidation,
    revocation_barrier,
)
from app.services.fair_revocation_queue import RUNNING
from app.services.key_cache import LEASE_SECONDS, SETTLE_SECONDS
from app.services.revocation_barrier import (
    LONGEST_TRANSACTION,
    LONGEST_USE_OF_A_RECORD,
    SURELY_SETTLED,
    revoking,
    seldom_revoking,
)
from app.store import keys as key_store
from app.store import last_uses, usage
from app.store import revocation_counter as counter
from app.store.column_types import to_microseconds
from app.store.database_errors import DatabaseUnavailable
from app.store.revocation_counter import RevocationCounter
from app.store.transaction import transaction
from tests.databases import statements


@pytest.fixture
def issued(runtime, alice):
    return keys.create(runtime, alice.member, KeySettings(name="CI", scopes=["agent:rw"]))


def seconds_of(act):
    began = time.monotonic()
    act()
    return time.monotonic() - began


def revision():
    db.session.close()
    return db.session.scalar(db.select(RevocationCounter.revision)) or 0


def after_counter(sent):
    seen = [" ".join(sql.partition("=")[0].split()[:4]) for sql in sent]
    (at,) = [number for number, sql in enumerate(seen) if sql.startswith("INSERT INTO revocation_counter")]
    return [sql for sql in seen[at + 1 :] if not sql.startswith("SELECT revocation_counter")]


#: Nobody waits for an organization while holding the counter: the update is of one that is locked already.
LAST = ["UPDATE organization SET revocation_revision"]


def test_everything_that_takes_rights_away_waits_and_locks_the_counter_last(runtime, alice, cast, issued, clock):
    install_id, key_id, member, org = cast.install_id(), issued.listed.key.id, alice.member, alice.org
    record = key_verification.require(runtime, issued.plaintext.reveal(), scope=None)
    bob = cast.bob.email
    other = keys.create(runtime, member, KeySettings(name="Other")).plaintext.reveal()
    for act in (
        lambda: proxy_cache_invalidation.invalidate(runtime, record),
        lambda: install_id_credentials.withdraw(runtime, install_id),
        lambda: operator_members.add_member(runtime, org, bob, Role.VIEWER),
        lambda: operator_members.set_person_disabled(runtime, bob, disabled=True),
        lambda: operator_members.remove_member(runtime, org, bob),
        lambda: operator_organizations.set_organization_disabled(runtime, org, disabled=True),
        lambda: operator_keys.revoke_key(runtime, other),
        lambda: key_rotation.rotate(runtime, member, key_id, overlap_seconds=1),
        lambda: key_revocation.revoke(runtime, member, key_id),
    ):
        before = revision()
        with statements() as seen:
            assert seconds_of(act) >= SETTLE_SECONDS
        assert after_counter(seen) == LAST
        assert revision() == before + 1


def test_the_wait_is_longer_than_the_lease():
    assert pytest.approx(LEASE_SECONDS * 1.1) == SETTLE_SECONDS


def test_after_an_upgrade_everybody_waits_for_servers_of_the_earlier_version(runtime, alice, issued, monkeypatch):
    waits = []
    monkeypatch.setattr("app.services.revocation_barrier._wait", waits.append)
    proxy_cache_invalidation.invalidate(
        runtime, key_verification.require(runtime, issued.plaintext.reveal(), scope=None)
    )
    with transaction():
        db.session.execute(db.update(RevocationCounter).values(settle_ms=110))
    key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    revocation_barrier.forget_earlier_versions()
    key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    assert waits == [SETTLE_SECONDS, 0.11, 0.11, SETTLE_SECONDS]


def test_a_change_that_takes_effect_later_does_so_after_every_lease():
    lease_of_the_version_before = 0.1
    assert 10 * max(LEASE_SECONDS, lease_of_the_version_before) < LONGEST_USE_OF_A_RECORD


def test_a_repeated_revoke_waits_too_and_changes_nothing(runtime, alice, issued):
    key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    before = revision()
    assert seconds_of(lambda: key_revocation.revoke(runtime, alice.member, issued.listed.key.id)) >= SETTLE_SECONDS
    assert revision() == before


def test_a_change_that_finds_everything_as_wanted_waits_too(runtime, alice, issued):
    """Somebody may have changed it a moment ago."""
    key = issued.listed.key
    before = revision()
    same = KeySettings(name=key.name)
    assert seconds_of(lambda: key_settings.change(runtime, alice.member, key.id, same)) >= SETTLE_SECONDS
    assert revision() == before


def test_a_rotation_with_an_overlap_does_not_wait(runtime, alice, issued, monkeypatch):
    # Told by the wait itself: a clock would blame a busy machine.
    waits = []
    monkeypatch.setattr("app.services.revocation_barrier._wait", lambda _: waits.append(1))
    successor = key_rotation.rotate(runtime, alice.member, issued.listed.key.id, overlap_seconds=2).listed.key
    assert waits == []
    key_rotation.rotate(runtime, alice.member, successor.id, overlap_seconds=1)
    assert waits == [1]


def test_a_rotation_whose_overlap_passes_within_its_transaction_waits(runtime, alice, issued, monkeypatch):
    waits, boot = [], revocation_barrier.seconds_since_boot()
    monkeypatch.setattr(revocation_barrier, "_wait", waits.append)
    slow = iter([boot, boot, boot + 1.99, boot + 1.99])
    monkeypatch.setattr(revocation_barrier, "seconds_since_boot", lambda: next(slow))
    key_rotation.rotate(runtime, alice.member, issued.listed.key.id, overlap_seconds=2)
    assert waits == [SETTLE_SECONDS]


def test_a_repeat_of_a_revoke_that_has_settled_takes_no_turn_and_does_not_wait(
    runtime, alice, issued, clock, monkeypatch
):
    waits = []
    monkeypatch.setattr("app.services.revocation_barrier._wait", lambda _: waits.append(1))
    first = key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    clock.now += SURELY_SETTLED
    key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    assert waits == [1, 1]
    clock.advance(seconds=1)
    with runtime.revocation_queue.take(alice.org):
        again = key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    assert waits == [1, 1]
    assert again.key.revoked_at == first.key.revoked_at


def test_a_transaction_that_took_too_long_commits_nothing(runtime, alice, issued, monkeypatch):
    """So what was noted a minute ago is committed for longer than anybody waits."""
    seconds = iter([0.0, 0.0, LONGEST_TRANSACTION + 0.1])
    monkeypatch.setattr("app.services.revocation_barrier.seconds_since_boot", lambda: next(seconds))
    with pytest.raises(DatabaseUnavailable):
        key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    assert keys.get(alice.member, issued.listed.key.id).key.revoked_at is None


def test_who_gets_no_turn_in_time_has_changed_nothing(runtime, alice, issued, monkeypatch):
    monkeypatch.setattr("app.services.fair_revocation_queue.WAIT_SECONDS", 0.01)
    with runtime.revocation_queue.take(alice.org), pytest.raises(Busy) as refused:
        key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    assert refused.value.retry_after == 1
    assert key_verification.require(runtime, issued.plaintext.reveal(), scope=None)
    assert key_revocation.revoke(runtime, alice.member, issued.listed.key.id).key.revoked_at is not None


def test_a_turn_is_given_back_whatever_happens(runtime, alice, issued):
    def fails():
        with revoking(runtime, org_id=alice.org):
            raise NotFound

    for _ in range(2 * RUNNING):
        with pytest.raises(NotFound):
            fails()
    assert key_revocation.revoke(runtime, alice.member, issued.listed.key.id).key.revoked_at is not None


def test_who_waits_holds_no_transaction(app, runtime, alice, issued, monkeypatch):
    """Otherwise nobody could write meanwhile, on SQLite."""
    made = []

    def other():
        with app.app_context():
            made.append(keys.create(runtime, alice.member, KeySettings(name="Other")))

    def wait_for_other(_):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(other).result(timeout=5)

    monkeypatch.setattr("app.services.revocation_barrier._wait", wait_for_other)
    key_revocation.revoke(runtime, alice.member, issued.listed.key.id)
    assert len(made) == 1


def test_who_does_not_say_whose_keys_are_affected_changes_nothing(runtime, alice, issued):
    def forgets():
        with revoking(runtime):
            key_store.get(alice.org, issued.listed.key.id).key.name = "Changed"

    with pytest.raises(RuntimeError, match="say what this transaction revokes"):
        forgets()
    assert keys.get(alice.member, issued.listed.key.id).key.name == "CI"


def test_what_seldom_revokes_waits_only_when_it_did(runtime, alice, monkeypatch):
    waits = []
    monkeypatch.setattr("app.services.revocation_barrier._wait", lambda _: waits.append(1))
    before = revision()
    with seldom_revoking() as revocation:
        revocation.nothing_changed()
    assert (waits, revision()) == ([], before)
    with seldom_revoking() as revocation:
        revocation.affects(alice.org)
    assert (waits, revision()) == ([1], before + 1)


def test_a_revocation_decides_on_what_is_true_now_though_the_request_has_an_old_snapshot(app, runtime, alice, issued):
    key_id = issued.listed.key.id
    assert key_store.get(alice.org, key_id).key.revoked_at is None
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: revoke_elsewhere(app, runtime, alice, key_id)).result()
    before = revision()
    assert key_revocation.revoke(runtime, alice.member, key_id).key.revoked_at is not None
    assert revision() == before


def revoke_elsewhere(app, runtime, alice, key_id):
    with app.app_context():
        key_revocation.revoke(runtime, alice.member, key_id)


def test_what_failed_raises_no_revision(runtime, alice, issued):
    def fails():
        with revoking(runtime) as revocation:
            revocation.affects(alice.org)
            raise RuntimeError("stop")

    before = revision()
    with pytest.raises(RuntimeError, match="stop"):
        fails()
    assert revision() == before


@pytest.mark.databases("postgresql")
def test_two_rotations_in_one_organization_wait_in_no_ring(app, runtime, alice, issued):
    """Each has written a key that refers to the organization, and then wants to change the organization."""
    old, other = issued.listed.key, keys.create(runtime, alice.member, KeySettings(name="Other")).listed.key.id

    def revoke():
        with app.app_context(), transaction():
            db.session.execute(db.text("SET LOCAL lock_timeout = '2s'"))
            assert key_store.locked(alice.org, other) is not None
            counter.raise_for([alice.org])

    with transaction(), ThreadPoolExecutor(1) as pool:
        copied = ("org_id", "start", "last4", "prefix", "name", "scopes", "created_at", "created_by")
        key_store.add(digest=b"successor", **{column: getattr(old, column) for column in copied})
        pool.submit(revoke).result()
        counter.raise_for([alice.org])


@pytest.mark.databases("postgresql")
def test_who_changes_a_key_does_not_wait_for_the_flush_of_its_use(app, runtime, alice, clock, issued):
    key_id = issued.listed.key.id

    def revoke():
        with app.app_context(), transaction():
            db.session.execute(db.text("SET LOCAL lock_timeout = '2s'"))
            assert key_store.locked(alice.org, key_id) is not None
            counter.raise_for([alice.org])

    with transaction(), ThreadPoolExecutor(1) as pool:
        usage.add([alice.org, to_microseconds(clock.now), key_id, "VALID", 1])
        last_uses.mark([alice.org, key_id, to_microseconds(clock.now), None, None])
        pool.submit(revoke).result()


def test_a_sign_up_key_that_cannot_be_derived_is_revoked_with_the_counter_locked_last(runtime, cast, clock):
    """Its successor may belong to another organization of the person's."""

    def sign_up():
        clock.advance(hours=1)
        code = agent_sign_up.request(runtime, email="founder@example.com", client="203.0.113.1").plaintext.reveal()
        return agent_sign_up.verify(runtime, email="founder@example.com", code=code)

    sign_up()
    object.__setattr__(runtime, "key_deriver", KeyDeriver(Secret("another-derivation-secret-of-32-chars"), []))
    with statements() as seen:
        sign_up()
    assert after_counter(seen) == LAST
