"""A fault that repeats: told at once, then once a minute with its count."""

import sys

import pytest

from app.logs.repeats import MOST, Repeats
from tests.logs.test_formats import raised, record


@pytest.fixture
def repeats():
    return Repeats()


def down(during="request", reason="down"):
    return record("the database is not available", event="database.unavailable", reason=reason, during=during)


def test_the_first_is_told_at_once_and_the_others_with_their_count_after_a_minute(repeats):
    first, newest = down(), down("job")
    assert repeats.admit(first, 0) == [first]
    assert [repeats.admit(down(), second) for second in range(1, 50)] == [[]] * 49
    assert repeats.admit(newest, 59.9) == []
    assert repeats.due(59.9) == []
    assert (repeats.due(60), newest.repeated) == ([newest], 50)
    # And so for each minute in which it goes on.
    again = down()
    assert repeats.admit(again, 61) == []
    assert (repeats.due(120), again.repeated) == ([again], 1)


def test_one_that_has_ended_is_told_at_once_when_it_comes_again(repeats):
    repeats.admit(down(), 0)
    assert repeats.due(60) == []
    assert len(repeats.admit(down(), 61)) == 1


def test_another_reason_is_another_fault(repeats):
    assert all(repeats.admit(down(reason=reason), 0) for reason in ("down", "too_many_clients", "disk_full"))


def test_crashes_at_the_same_place_are_one_fault_whatever_they_say(repeats):
    def crash(message):
        return record(f"crash in request {message}", event="request.crashed", error=raised(message))

    assert repeats.admit(crash("a"), 0)
    assert not repeats.admit(crash("b"), 1)
    try:
        {}["elsewhere"]
    except KeyError:
        assert repeats.admit(record("crash", event="request.crashed", error=sys.exc_info()), 2)


def test_warnings_about_different_things_are_all_told(repeats):
    assert all(repeats.admit(record("mail %s failed", number, event="delivery.failed"), 0) for number in range(3))
    assert not repeats.admit(record("mail %s failed", 0, event="delivery.failed"), 1)


def test_what_is_no_fault_is_never_held_back(repeats):
    assert all(repeats.admit(record("request", level=20), 0) for _ in range(3))


def test_what_is_not_told_yet_is_told_at_the_end(repeats):
    for _ in range(4):
        repeats.admit(down(), 0)
    (last,) = repeats.all()
    assert last.repeated == 3
    assert repeats.all() == []


def test_no_more_kinds_are_kept_than_fit_and_none_is_lost(repeats):
    repeats.admit(down(), 0)
    repeats.admit(down(), 0)
    for number in range(MOST - 1):
        assert len(repeats.admit(record(f"{number}"), 0)) == 1
    crowded_out, new = repeats.admit(record("one more"), 0)
    assert (crowded_out.repeated, new.getMessage()) == (1, "one more")
