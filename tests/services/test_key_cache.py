"""The lease: every interleaving by hand, with a clock that stands still until it is moved."""

import time
from contextlib import suppress
from threading import Event, Thread

import pytest

from app.domain.key_verification import KeyRecord
from app.services import key_cache as module
from app.services.key_cache import LEASE_SECONDS, SETTLE_SECONDS, KeyCache
from app.store.database_errors import DatabaseUnavailable

DIGEST = b"d" * 32


class Database:
    """The truth, and who asked for it. `before_answer` says what happens while a revision is on its way."""

    def __init__(self, clock):
        self.clock, self.number, self.changes, self.key = clock, 0, {}, "old"
        self.asked, self.lookups, self.down, self.before_answer = 0, 0, False, None
        self.failovers = 0

    def revision(self):
        self.asked += 1
        if self.down:
            raise DatabaseUnavailable("down")
        found = self.number
        if self.before_answer is not None:
            self.before_answer()
        return found

    def timeline_changes(self):
        return self.failovers

    def changed_after(self, revision):
        return [org for org, number in self.changes.items() if number > revision]

    def revoke(self, org="org"):
        self.number += 1
        self.changes[org] = self.number
        self.key = "revoked"

    def read(self, org="org"):
        self.lookups += 1
        return KeyRecord("key", org, "Org", self.key, (), frozenset(), None, None, disabled=False)


class Hand:
    """A clock moved by hand, in seconds."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def truth(hand):
    return Database(hand)


@pytest.fixture
def lease(truth, hand):
    return KeyCache(truth, now=hand)


def found(lease, truth, digest=DIGEST):
    return lease.find(digest, truth.read).record.name


def test_a_record_is_read_once_and_the_revision_eighty_times_a_second(lease, truth, hand):
    for _ in range(1000):
        hand.now += 0.001
        assert found(lease, truth) == "old"
    assert truth.lookups == 1
    assert 70 <= truth.asked <= 80


def test_within_the_lease_the_old_record_may_serve_and_past_it_never(lease, truth, hand):
    assert found(lease, truth) == "old"
    truth.revoke()
    hand.now += LEASE_SECONDS * 0.4
    assert found(lease, truth) == "old"
    hand.now += SETTLE_SECONDS - LEASE_SECONDS * 0.4
    assert found(lease, truth) == "revoked"


def test_only_the_records_of_the_organization_concerned_are_read_again(lease, truth, hand):
    other = b"o" * 32
    lease.find(DIGEST, truth.read)
    lease.find(other, lambda: truth.read("other"))
    truth.revoke("other")
    hand.now += SETTLE_SECONDS
    assert lease.find(DIGEST, truth.read).record.name == "old"
    assert lease.find(other, lambda: truth.read("other")).record.name == "revoked"
    assert truth.lookups == 3


def test_revisions_of_several_organizations_are_told_apart(lease, truth, hand):
    orgs = ["a", "b", "c"]
    for _ in range(5):
        for org in orgs:
            truth.key = "old"
            lease.find(org.encode(), lambda org=org: truth.read(org))
        for org in orgs[:2]:
            truth.revoke(org)
        hand.now += SETTLE_SECONDS
        names = [lease.find(org.encode(), lambda org=org: truth.read(org)).record.name for org in orgs]
        assert names == ["revoked", "revoked", "old"]


def test_a_record_stored_late_is_not_used(lease, truth, hand):
    """Its SELECT began before the revoke, and ended after the process had learned of it."""
    lease.find(b"another", truth.read)

    def slow_read():
        record = truth.read()
        truth.revoke()
        hand.now += SETTLE_SECONDS
        found(lease, truth, b"another")
        return record

    assert lease.find(DIGEST, slow_read).record.name == "old"
    assert found(lease, truth) == "revoked"


def test_a_change_between_the_two_reads_of_a_renewal_is_seen_by_the_next(lease, truth, hand):
    """`revision` answers before, `changed_after` after the second change."""
    assert found(lease, truth) == "old"
    truth.revoke("other")
    truth.before_answer = truth.revoke
    hand.now += SETTLE_SECONDS
    found(lease, truth)
    truth.before_answer = None
    hand.now += SETTLE_SECONDS
    assert found(lease, truth) == "revoked"


def test_the_age_counts_from_before_the_revision_was_asked(lease, truth, hand):
    """A slow answer: what was committed while it was on its way is not in it."""

    def slowly():
        truth.before_answer = None
        truth.revoke()
        hand.now += 0.3

    assert found(lease, truth) == "old"
    hand.now += LEASE_SECONDS + 0.001
    truth.before_answer = slowly
    # This request began before the revoke did.
    assert found(lease, truth) == "old"
    assert found(lease, truth) == "revoked"


def test_a_lease_that_cannot_be_renewed_refuses(lease, truth, hand):
    assert found(lease, truth) == "old"
    truth.revoke()
    truth.down = True
    hand.now += LEASE_SECONDS * 0.9
    assert found(lease, truth) == "old"
    hand.now += LEASE_SECONDS * 0.2
    for _ in range(100):
        with pytest.raises(DatabaseUnavailable):
            found(lease, truth)
        hand.now += 0.01
    # It is not asked for each of them.
    assert truth.asked <= 7
    truth.down = False
    hand.now += module.PAUSE_SECONDS
    assert found(lease, truth) == "revoked"


def test_without_a_first_lease_nothing_is_answered(lease, truth):
    truth.down = True
    with pytest.raises(DatabaseUnavailable):
        found(lease, truth)
    assert truth.lookups == 0


def test_a_table_without_a_row_is_a_beginning_too(lease, truth, hand):
    assert found(lease, truth) == "old"
    truth.revoke()
    assert truth.number == 1
    hand.now += SETTLE_SECONDS
    assert found(lease, truth) == "revoked"


def hanging(truth):
    """Lets the next renewals hang: an event that says that one has begun, and one that lets it end."""
    asking, answer = Event(), Event()

    def hangs():
        asking.set()
        assert answer.wait(10)

    truth.before_answer = hangs
    return asking, answer


def test_while_one_thread_renews_the_others_go_on(lease, truth, hand):
    assert found(lease, truth) == "old"
    asking, answer = hanging(truth)
    hand.now += LEASE_SECONDS * 0.6
    renewing = Thread(target=found, args=(lease, truth))
    renewing.start()
    assert asking.wait(10)
    assert found(lease, truth) == "old"
    answer.set()
    renewing.join()
    assert truth.asked == 2


def test_threads_past_the_lease_wait_for_the_one_that_renews(lease, truth, hand):
    assert found(lease, truth) == "old"
    asking, answer, seen = Event(), Event(), []

    def hangs():
        truth.before_answer = None
        asking.set()
        assert answer.wait(10)

    truth.revoke()
    truth.before_answer = hangs
    hand.now += SETTLE_SECONDS
    threads = [Thread(target=lambda: seen.append(found(lease, truth))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert asking.wait(10)
    assert seen == []
    answer.set()
    for thread in threads:
        thread.join()
    assert seen == ["revoked"] * 8
    assert truth.asked == 2


def test_threads_do_not_wait_for_good_for_one_that_renews(lease, truth, hand, monkeypatch):
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    assert found(lease, truth) == "old"
    asking, answer = hanging(truth)
    hand.now += SETTLE_SECONDS
    renewing = Thread(target=found, args=(lease, truth))
    renewing.start()
    assert asking.wait(10)
    with pytest.raises(DatabaseUnavailable):
        found(lease, truth)
    answer.set()
    renewing.join()
    assert found(lease, truth) == "old"


def test_threads_that_waited_for_a_renewal_that_failed_do_not_wait_again(lease, truth, hand):
    assert found(lease, truth) == "old"
    asking, answer, refused = Event(), Event(), []

    def fails():
        asking.set()
        assert answer.wait(10)
        raise DatabaseUnavailable("hangs")

    truth.before_answer = fails
    hand.now += SETTLE_SECONDS

    def ask():
        try:
            found(lease, truth)
        except DatabaseUnavailable:
            refused.append(1)

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert asking.wait(10)
    answer.set()
    for thread in threads:
        thread.join()
    assert len(refused) == 8
    assert truth.asked == 2


def test_another_database_in_this_ones_place_begins_anew(lease, truth, hand, caplog):
    for _ in range(5):
        truth.revoke()
    truth.key = "old"
    assert found(lease, truth) == "old"
    truth.number, truth.changes, truth.key = 2, {"org": 2}, "revoked"
    hand.now += SETTLE_SECONDS
    assert found(lease, truth) == "revoked"
    assert [record.getMessage() for record in caplog.records] == [
        "the database has lost commits, revokes perhaps: its counter fell from 5 to 2"
    ]


def test_another_timeline_begins_anew_although_the_counter_has_caught_up(lease, truth, hand, caplog):
    assert found(lease, truth) == "old"
    # Noticed by the connection that reads the counter.
    truth.before_answer = lambda: setattr(truth, "failovers", 1)
    truth.key = "revoked"
    for _ in range(2):
        hand.now += SETTLE_SECONDS
        assert found(lease, truth) == "revoked"
    (record,) = caplog.records
    assert "PostgreSQL is on another timeline than before" in record.getMessage()
    assert truth.lookups == 2


def test_a_record_of_the_last_database_that_is_stored_late_is_not_used_with_the_next(lease, truth, hand):
    for _ in range(50):
        truth.revoke("other")
    lease.find(b"another", truth.read)

    def slow_read():
        record = truth.read()
        truth.number, truth.changes, truth.key = 3, {}, "restored"
        hand.now += SETTLE_SECONDS
        found(lease, truth, b"another")
        return record

    lease.find(DIGEST, slow_read)
    # Its number, 50, is far beyond those that the next database counts.
    truth.revoke()
    hand.now += SETTLE_SECONDS
    assert found(lease, truth) == "revoked"


def test_a_key_that_is_not_there_is_asked_for_again(lease, truth):
    assert lease.find(DIGEST, lambda: None) is None
    assert lease.cached(DIGEST) is None
    assert found(lease, truth) == "old"
    assert lease.cached(DIGEST) is not None


def test_the_cache_is_bounded_and_drops_the_oldest(lease, truth, monkeypatch):
    monkeypatch.setattr(module, "MAX_RECORDS", 2000)
    digests = [number.to_bytes(32, "big") for number in range(5000)]
    for digest in digests:
        found(lease, truth, digest)
    kept = [digest for digest in digests if lease.cached(digest)]
    assert 1500 <= len(kept) <= 2000
    assert kept == digests[-len(kept) :]


def test_the_news_are_bounded_and_what_they_said_still_holds(lease, truth, hand, monkeypatch):
    monkeypatch.setattr(module, "MAX_CHANGED", 10)
    for number in range(25):
        truth.key = "old"
        lease.find(DIGEST, lambda number=number: truth.read(f"org {number}"))
        truth.revoke(f"org {number}")
        hand.now += SETTLE_SECONDS
        assert lease.find(DIGEST, lambda number=number: truth.read(f"org {number}")).record.name == "revoked"
    assert len(lease._epoch.changed) <= 10


def test_a_fault_while_renewing_leaves_the_turn_free(lease, truth, hand):
    assert found(lease, truth) == "old"
    truth.before_answer = lambda: 1 / 0
    for by in (0.6, 0.6):
        hand.now += LEASE_SECONDS * by
        with suppress(ZeroDivisionError):
            found(lease, truth)
    truth.before_answer = None
    truth.revoke()
    hand.now += SETTLE_SECONDS
    assert found(lease, truth) == "revoked"


def test_with_a_database_five_milliseconds_away_nobody_is_refused_and_a_lapse_costs_one_read(truth):
    """In real time: threads that ask all the time, one that pauses beyond the lease, and changes all the while."""
    lease, ends, waits, faults = KeyCache(truth), time.monotonic() + 1, [], []
    truth.before_answer = lambda: time.sleep(0.005)
    found(lease, truth)

    def ask(pause):
        try:
            while time.monotonic() < ends:
                began = time.monotonic()
                found(lease, truth)
                waits.append(time.monotonic() - began)
                time.sleep(pause)
        except DatabaseUnavailable as error:
            faults.append(error)

    threads = [Thread(target=ask, args=(pause,)) for pause in (0.0005, 0.0005, 0.001, 2 * LEASE_SECONDS)]
    for thread in threads:
        thread.start()
    while time.monotonic() < ends:
        truth.revoke("other")
        time.sleep(0.02)
    for thread in threads:
        thread.join()
    assert faults == []
    # One thread renews at a time, and most of the time nobody else waits for it.
    assert truth.asked <= 1 / 0.005
    assert sorted(waits)[len(waits) // 2] < 0.005
