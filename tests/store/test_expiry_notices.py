"""What people were told about keys that expire."""

from datetime import date, timedelta

import pytest

from app.store import expiry_notices, people
from app.store.expiry_notices import Told
from app.store.transaction import transaction

DAY = timedelta(days=1)


def test_what_is_told_later_replaces_what_was_told_before(person, clock):
    first, then = Told(clock.now + 9 * DAY, 7), Told(clock.now + 9 * DAY, 1)
    with transaction():
        expiry_notices.put(person, [("key_1", first), ("key_2", first)], clock.now)
    with transaction():
        expiry_notices.put(person, [("key_2", then)], clock.now + DAY)
    assert expiry_notices.of_person(person) == {"key_1": first, "key_2": then}
    with transaction():
        other = people.add("bob@example.com", clock.now).id
    assert expiry_notices.of_person(other) == {}


def test_whether_they_were_told_anything_on_a_day(person, clock):
    with transaction():
        expiry_notices.put(person, [("key_1", Told(clock.now, 1))], clock.now)
    assert expiry_notices.was_told(person, clock.now, clock.now + DAY)
    assert not expiry_notices.was_told(person, clock.now - DAY, clock.now)
    assert not expiry_notices.was_told("usr_other", clock.now, clock.now + DAY)


def test_what_was_told_of_keys_that_expired_before_a_moment_is_forgotten(person, clock):
    with transaction():
        old, young = Told(clock.now - DAY, 1), Told(clock.now, 1)
        expiry_notices.put(person, [("old", old), ("young", young)], clock.now)
        expiry_notices.prune(clock.now)
    assert list(expiry_notices.of_person(person)) == ["young"]


def test_the_last_day_goes_forward_and_back(app):
    assert expiry_notices.last_day() is None
    for day in (date(2026, 4, 16), date(2026, 4, 17), date(2026, 4, 1)):
        with transaction():
            expiry_notices.put_last_day(day)
        assert expiry_notices.last_day() == day


def test_only_in_a_transaction(person, clock):
    with pytest.raises(RuntimeError):
        expiry_notices.put(person, [("key_1", Told(clock.now, 1))], clock.now)
