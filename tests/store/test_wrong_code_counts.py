"""Wrong codes in a row, for each address."""

from app.store import wrong_code_counts
from app.store.transaction import transaction

EMAIL, OTHER = "ann@example.com", "ben@example.com"


def count(email, clock):
    with transaction():
        return wrong_code_counts.count(email, clock.now)


def test_each_address_has_its_own_count_and_the_time_of_the_last(app, clock):
    assert count(EMAIL, clock) == 1
    clock.advance(minutes=1)
    assert [count(EMAIL, clock), count(EMAIL, clock), count(OTHER, clock)] == [2, 3, 1]
    found = wrong_code_counts.of(EMAIL)
    assert (found.failures, found.last_at, found.told_at) == (3, clock.now, None)


def test_counting_on_keeps_that_the_owner_was_told(app, clock):
    count(EMAIL, clock)
    count(OTHER, clock)
    with transaction():
        wrong_code_counts.mark_told(EMAIL, clock.now)
    told = clock.now
    clock.advance(minutes=1)
    assert count(EMAIL, clock) == 2
    assert (wrong_code_counts.of(EMAIL).told_at, wrong_code_counts.of(OTHER).told_at) == (told, None)


def test_what_is_forgotten_begins_at_one_again(app, clock):
    for email in (EMAIL, EMAIL, OTHER):
        count(email, clock)
    with transaction():
        wrong_code_counts.forget(EMAIL)
    assert wrong_code_counts.of(EMAIL) is None
    assert wrong_code_counts.of(OTHER).failures == 1
    assert count(EMAIL, clock) == 1
