"""The addresses of each key and day."""

from datetime import timedelta

from sqlalchemy import select

from app.extensions import db
from app.store import key_addresses, organizations
from app.store.column_types import to_microseconds
from app.store.key_addresses import MOST_A_DAY, KeyAddress, SeenAddress
from app.store.transaction import transaction
from app.store.usage_totals import day_of, hour_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def row(at, address, *, org_id="org_1", key_id="key_1", let_through=True):
    day, hour = to_microseconds(day_of(at)), to_microseconds(hour_of(at))
    return [org_id, day, key_id, let_through, address, hour, hour]


def note(*rows):
    with transaction():
        key_addresses.note([value for row in rows for value in row])


def found(clock, *, key_id="key_1", days=1, limit=1000):
    wanted = [day_of(clock.now) - back * DAY for back in range(days)]
    return key_addresses.of_key("org_1", key_id, wanted, limit)


def is_full(clock):
    return key_addresses.has_full_day("org_1", "key_1", [day_of(clock.now)])


def test_an_address_has_its_first_and_last_hour_in_whatever_order_they_are_noted(app, clock):
    noon = clock.now
    for at in (noon, noon + 2 * HOUR, noon - HOUR, noon + HOUR):
        note(row(at, "192.0.2.1"))
    assert found(clock) == [SeenAddress("192.0.2.1", True, noon - HOUR, noon + 2 * HOUR)]


def test_let_through_and_refused_are_told_apart_and_so_are_keys_and_organizations(app, clock):
    at = clock.now
    note(
        row(at, "192.0.2.1"),
        row(at, "192.0.2.1", let_through=False),
        row(at, "192.0.2.2", key_id="key_2"),
        row(at, "192.0.2.3", org_id="org_2"),
    )
    assert [seen[:2] for seen in found(clock)] == [("192.0.2.1", True), ("192.0.2.1", False)]
    assert [seen[:2] for seen in found(clock, key_id="key_2")] == [("192.0.2.2", True)]


def test_days_are_put_together_those_seen_last_first(app, clock):
    noon = clock.now
    note(row(noon - DAY, "192.0.2.1"), row(noon - DAY, "192.0.2.2"), row(noon - 2 * DAY, "192.0.2.3"))
    note(row(noon, "192.0.2.2"))
    assert found(clock, days=2) == [
        SeenAddress("192.0.2.2", True, noon - DAY, noon),
        SeenAddress("192.0.2.1", True, noon - DAY, noon - DAY),
    ]
    assert [seen.address for seen in found(clock, days=3, limit=1)] == ["192.0.2.2"]


def test_a_full_day_gets_no_further_addresses_but_later_hours_of_those_it_has(app, clock):
    noon = clock.now
    note(*(row(noon, f"192.0.2.{number:03}") for number in range(MOST_A_DAY - 1)))
    assert not is_full(clock)
    note(row(noon, "198.51.100.1"))
    assert is_full(clock)
    note(row(noon, "198.51.100.2"), row(noon + HOUR, "198.51.100.1"), row(noon, "198.51.100.3", let_through=False))
    assert found(clock, limit=1) == [SeenAddress("198.51.100.1", True, noon, noon + HOUR)]
    assert len(found(clock)) == MOST_A_DAY + 1
    clock.advance(days=1)
    note(row(clock.now, "198.51.100.2"))
    assert not is_full(clock)
    assert [seen.address for seen in found(clock)] == ["198.51.100.2"]


def test_days_before_a_midnight_are_deleted(app, clock):
    with transaction():
        org_id = organizations.add("Acme", clock.now).id
    note(*(row(clock.now - back * DAY, "192.0.2.1", org_id=org_id) for back in range(3)))
    with transaction():
        key_addresses.prune(day_of(clock.now) - DAY)
    kept = db.session.scalars(select(KeyAddress.day).order_by(KeyAddress.day)).all()
    assert kept == [day_of(clock.now) - DAY, day_of(clock.now)]
