"""From which addresses keys are used: what the flush notes."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from app.domain.key_settings import KeySettings
from app.domain.key_verification import KeyRecord, Outcome
from app.services import key_addresses, key_revocation, key_verification, keys
from app.services.usage_recorder import UsageRecorder
from app.store.key_addresses import MOST_A_DAY
from app.store.usage_totals import hour_of
from tests.databases import statements

HOUR = timedelta(hours=1)


@pytest.fixture
def issued(runtime, alice):
    return keys.create(runtime, alice.member, KeySettings(name="CI", scopes=["agent:r"]))


def use(runtime, issued, address, scope="agent:r"):
    key_verification.verify(runtime, issued.plaintext.reveal(), scope, address=address)


def found(alice, issued, clock, *, days=30, limit=1000):
    return key_addresses.of_key(alice.org, issued.listed.key.id, clock.now, days=days, limit=limit)


def seen(*where):
    return [(one.address, one.let_through) for one in found(*where).seen]


def test_every_address_of_a_second_is_noted_and_why_it_was_there_is_told_apart(runtime, alice, issued, clock):
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.3", "192.0.2.2"):
        use(runtime, issued, address)
    use(runtime, issued, "192.0.2.2", scope="agent:rw")
    use(runtime, issued, None)
    runtime.usage.flush()
    assert seen(alice, issued, clock) == [
        ("192.0.2.1", True),
        ("192.0.2.2", True),
        ("192.0.2.3", True),
        ("192.0.2.2", False),
    ]


def test_a_revoked_key_shows_who_still_tries_it(runtime, alice, issued, clock):
    use(runtime, issued, "192.0.2.1")
    key_revocation.revoke(runtime, alice.member, issued.listed.key.id, leaked=True)
    clock.advance(hours=1)
    use(runtime, issued, "198.51.100.9")
    runtime.usage.flush()
    assert seen(alice, issued, clock) == [("198.51.100.9", False), ("192.0.2.1", True)]


def test_an_address_is_written_once_an_hour(runtime, alice, issued, clock):
    began = clock.now

    def written():
        use(runtime, issued, "192.0.2.1")
        with statements() as sent:
            runtime.usage.flush()
        return sum("INSERT INTO key_address" in sql for sql in sent)

    assert [written(), written()] == [1, 0]
    clock.advance(hours=1)
    assert [written(), written()] == [1, 0]
    (one,) = found(alice, issued, clock).seen
    assert (one.first_hour, one.last_hour) == (began, began + HOUR)


def test_a_flush_over_the_turn_of_an_hour_and_of_a_day(runtime, alice, issued, clock):
    clock.advance(hours=11, minutes=59)
    before = hour_of(clock.now)
    use(runtime, issued, "192.0.2.1")
    for _ in range(2):
        clock.advance(hours=1)
        use(runtime, issued, "192.0.2.1")
    runtime.usage.flush()
    (one,) = found(alice, issued, clock).seen
    assert (one.first_hour, one.last_hour) == (before, before + 2 * HOUR)
    (one,) = found(alice, issued, clock, days=1).seen
    assert one.first_hour == before + HOUR


def test_what_a_failed_flush_kept_is_noted_by_the_next(runtime, alice, issued, clock, monkeypatch):
    def fails(*_):
        raise OperationalError("down", None, Exception())

    use(runtime, issued, "192.0.2.1")
    use(runtime, issued, "192.0.2.2")
    with monkeypatch.context() as patched:
        patched.setattr("app.store.key_addresses.note", fails)
        with pytest.raises(OperationalError):
            runtime.usage.flush()
    use(runtime, issued, "192.0.2.3")
    runtime.usage.flush()
    assert [address for address, _ in seen(alice, issued, clock)] == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]


def test_a_hundred_a_day_are_noted_and_it_is_said_that_there_may_be_more(runtime, alice, issued, clock):
    """Refused requests, which anybody makes who has the key, do not crowd out those let through."""
    for number in range(3 * MOST_A_DAY):
        use(runtime, issued, f"2001:db8::{number}", scope="agent:rw")
        if number % MOST_A_DAY == 0:
            runtime.usage.flush()
    runtime.usage.flush()
    assert MOST_A_DAY <= len(found(alice, issued, clock).seen) < 2 * MOST_A_DAY
    use(runtime, issued, "192.0.2.1")
    runtime.usage.flush()
    assert seen(alice, issued, clock)[0] == ("192.0.2.1", True)
    assert found(alice, issued, clock).has_more
    clock.advance(days=1)
    use(runtime, issued, "192.0.2.1")
    runtime.usage.flush()
    assert not found(alice, issued, clock, days=1).has_more
    assert found(alice, issued, clock, days=2, limit=1).has_more


def test_several_processes_note_the_same_address_once(runtime, alice, issued, clock):
    record = KeyRecord(issued.listed.key.id, alice.org, "", "CI", (), frozenset(), None, None, False)
    for recorder in (UsageRecorder(), UsageRecorder()):
        recorder.key_used(record, Outcome.VALID, clock.now, "192.0.2.1")
        recorder.flush()
    assert seen(alice, issued, clock) == [("192.0.2.1", True)]


def test_what_is_remembered_is_bounded_and_what_was_forgotten_is_new_again(monkeypatch):
    monkeypatch.setattr(key_addresses, "MOST_REMEMBERED", 3)
    noted = key_addresses.NotedAddresses()
    sightings = [("org_1", 0, "key_1", True, f"192.0.2.{number}") for number in range(5)]
    noted.remember(sightings[:3])
    assert noted.new(sightings) == sightings[3:]
    noted.remember(sightings[3:])
    assert noted.new(sightings) == sightings[:3]
    later = ("org_1", 3_600_000_000, "key_1", True, "192.0.2.1")
    noted.remember([later])
    assert noted.new([*sightings, later]) == sightings
