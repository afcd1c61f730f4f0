"""Requests by organization, key, hour and outcome."""

from datetime import timedelta

import pytest

from app.store import usage
from app.store.column_types import to_microseconds
from app.store.transaction import transaction
from tests.store.pages import all_pages


@pytest.fixture
def add(clock):
    def add(org_id, key_id, *, hour=0, outcome="VALID", requests=1):
        moment = clock.now + timedelta(hours=hour)
        with transaction():
            usage.add([org_id, to_microseconds(moment), key_id, outcome, requests])

    return add


def listed(org_id, limit=100, key_id=None):
    rows = all_pages(lambda cursor: usage.page(org_id, limit=limit, cursor=cursor, key_id=key_id), limit)
    return [(row.hour, row.key_id, row.outcome, row.requests) for row in rows]


def test_requests_of_the_same_hour_key_and_outcome_add_up_and_no_others(org, other_org, add, clock):
    for requests in (2, 3):
        add(org, "key_1", requests=requests)
    add(org, "key_1", hour=1)
    add(org, "key_1", outcome="REVOKED")
    add(org, "key_2")
    add(other_org, "key_1", requests=10**12)
    next_hour = clock.now + timedelta(hours=1)
    assert listed(org) == [
        (next_hour, "key_1", "VALID", 1),
        (clock.now, "key_2", "VALID", 1),
        (clock.now, "key_1", "VALID", 5),
        (clock.now, "key_1", "REVOKED", 1),
    ]
    assert listed(other_org) == [(clock.now, "key_1", "VALID", 10**12)]


def test_pages_have_no_gaps_and_may_be_of_one_key(org, add):
    for hour in range(3):
        for key_id in ("key_1", "key_2"):
            for outcome in ("VALID", "REVOKED"):
                add(org, key_id, hour=hour, outcome=outcome)
    whole = listed(org)
    assert len(whole) == 12
    for limit in (1, 5, 12):
        assert listed(org, limit) == whole
        assert listed(org, limit, "key_2") == [row for row in whole if row[1] == "key_2"]


def test_hours_before_a_moment_are_forgotten_and_the_one_at_it_is_kept(org, other_org, add, clock):
    for org_id in (org, other_org):
        for hour in (-1, 0, 1):
            add(org_id, "key_1", hour=hour)
    with transaction():
        usage.prune(clock.now)
    for org_id in (org, other_org):
        assert [row[0] for row in listed(org_id)] == [clock.now + timedelta(hours=1), clock.now]
