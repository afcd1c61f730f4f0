"""Owners who get the newest seal of an audit log every week."""

from datetime import timedelta

from app.store import audit_seal_subscriptions
from app.store.audit_seal_subscriptions import Subscription
from app.store.transaction import transaction

WEEK = timedelta(days=7)


def put(person, org_ids, next_at):
    with transaction():
        audit_seal_subscriptions.put(person, org_ids, next_at)


def due(now):
    return [one.org_id for one in audit_seal_subscriptions.due(now, WEEK)]


def test_what_is_kept_keeps_when_it_is_due_and_what_is_left_out_ends(person, org, other_org, clock):
    now = clock.now
    put(person, [org], now)
    put(person, [org, other_org], now + WEEK)
    assert due(now) == [org]
    assert audit_seal_subscriptions.of_person(person) == {org, other_org}
    put(person, [other_org], now)
    assert due(now) == []
    put(person, [], now)
    assert audit_seal_subscriptions.of_person(person) == frozenset()


def test_one_that_is_due_is_taken_once(person, org, clock):
    one, now = Subscription(person, org), clock.now
    put(person, [org], now)
    with transaction():
        assert audit_seal_subscriptions.take(one, now, WEEK, now + WEEK)
        assert not audit_seal_subscriptions.take(one, now, WEEK, now + WEEK)
    assert due(now + WEEK) == [org]
    # Due in more than a week: a clock was ahead.
    assert due(now - timedelta(seconds=1)) == [org]
    with transaction():
        audit_seal_subscriptions.remove(one)
    assert due(now + WEEK) == []
