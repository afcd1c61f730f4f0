"""Browser sessions: alive until they are ended, too old or idle too long."""

from datetime import timedelta

import pytest

from app.extensions import db
from app.store import people, sessions
from app.store.sessions import Session
from app.store.transaction import transaction

MOST, IDLE, A_BIT = timedelta(days=30), timedelta(days=7), timedelta(microseconds=1)


@pytest.fixture
def add(person, clock):
    """Begins one; its id."""

    def add(digest="one", person_id=person):
        with transaction():
            return sessions.add(
                person_id=person_id,
                token_digest=digest,
                now=clock.now,
                expires_at=clock.now + MOST,
                address="203.0.113.1",
                user_agent="a test",
            ).id

    return add


def live(now, digest="one"):
    return sessions.live(digest, now=now, idle_since=now - IDLE)


def listed(person, now):
    return [session.id for session in sessions.of_person(person, now=now, idle_since=now - IDLE)]


def test_a_session_that_nobody_uses_ends_after_its_idle_time_at_that_moment(add, person, clock):
    session_id = add()
    still, over = clock.now + IDLE - A_BIT, clock.now + IDLE
    assert live(still) == (session_id, person, "ann@example.com", clock.now)
    assert (live(over), live(still, "two")) == (None, None)
    assert (listed(person, still), listed(person, over)) == ([session_id], [])


def test_one_that_is_used_ends_all_the_same_when_it_is_too_old(add, person, clock):
    session_id, end = add(), clock.now + MOST
    with transaction():
        sessions.mark_seen(session_id, end - A_BIT)
    assert live(end - A_BIT)
    assert live(end) is None
    assert (listed(person, end - A_BIT), listed(person, end)) == ([session_id], [])


def test_the_last_use_moves_forward_never_back(add, clock):
    session_id, began = add(), clock.now
    for seconds in (60, 30):
        with transaction():
            sessions.mark_seen(session_id, began + timedelta(seconds=seconds))
    assert db.session.get(Session, session_id).last_seen_at == began + timedelta(seconds=60)


def test_a_person_sees_their_own_last_seen_first(add, person, clock):
    with transaction():
        other = people.add("ben@example.com", clock.now).id
    first, second, foreign = add("one"), add("two"), add("three", other)
    clock.advance(seconds=1)
    with transaction():
        sessions.mark_seen(second, clock.now)
    assert listed(person, clock.now) == [second, first]
    assert listed(other, clock.now) == [foreign]


def test_a_session_is_ended_once_and_by_its_own_person(add, person, clock):
    session_id = add()
    for who, ends in (("usr_none", False), (person, True), (person, False)):
        with transaction():
            assert sessions.end(session_id, who, clock.now) is ends
    assert live(clock.now) is None
    assert listed(person, clock.now) == []


def test_all_others_of_a_person_that_are_alive_end_in_the_order_of_their_ids(add, person, clock):
    with transaction():
        stranger = people.add("ben@example.com", clock.now).id
    add("idle")
    clock.advance(days=7)
    here, *others, foreign = add("one"), add("two"), add("three"), add("four", stranger)
    ended = []
    for _ in range(2):
        with transaction():
            ended.append(sessions.end_others(person, here, now=clock.now, idle_since=clock.now - IDLE))
    assert ended == [sorted(others), []]
    assert (listed(person, clock.now), listed(stranger, clock.now)) == ([here], [foreign])


@pytest.mark.databases("postgresql")
def test_the_others_are_locked_until_they_have_ended(add, person, clock, has_to_wait):
    here, other = add("one"), add("two")
    with transaction():
        sessions.end_others(person, here, now=clock.now, idle_since=clock.now - IDLE)
        assert has_to_wait(lambda: sessions.end(other, person, clock.now))
        assert not has_to_wait(lambda: sessions.end(here, person, clock.now))


def test_a_disabled_persons_session_is_not_alive(add, person, clock):
    add()
    with transaction():
        people.get(person).disabled_at = clock.now
    assert live(clock.now) is None


def test_what_ended_before_a_moment_in_either_way_is_forgotten_and_what_ended_at_it_is_kept(add, person, clock):
    ended = add("ended")
    with transaction():
        sessions.end(ended, person, clock.now)
    with transaction():
        sessions.prune(clock.now)
    assert db.session.get(Session, ended)
    clock.advance(seconds=1)
    add("young")
    with transaction():
        sessions.prune(clock.now)
    assert db.session.scalars(db.select(Session.token_digest)).all() == ["young"]
    for moment, kept in ((clock.now + MOST, ["young"]), (clock.now + MOST + A_BIT, [])):
        with transaction():
            sessions.prune(moment)
        assert db.session.scalars(db.select(Session.token_digest)).all() == kept
