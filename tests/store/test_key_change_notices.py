"""What others did to keys, until their makers are told."""

from datetime import timedelta

import pytest

from app.store import audit, key_change_notices, keys
from app.store.transaction import transaction


@pytest.fixture
def add(org, person, clock):
    """Notes that something was done to a key."""
    with transaction():
        values = {"start": "whk_1", "last4": "wxyz", "prefix": "whk_", "name": "CI", "scopes": ("agent:r",)}
        key = keys.add(org_id=org, digest=b"1", created_at=clock.now, created_by=person, **values)

    def add(action="key.revoked"):
        with transaction():
            details = {"name": "CI"}
            at, actor = clock.now, "bob@example.com"
            number = audit.append(org, at=at, action=action, actor=actor, target=key.id, details=details)
            key_change_notices.add(person, org, number, clock.now)

    return add


def taken(person, limit=10):
    with transaction():
        return [one.entry.action for one in key_change_notices.take(person, limit)]


def test_what_is_taken_is_gone_and_the_oldest_goes_first(add, person, clock):
    for action in ("first", "second", "third"):
        add(action)
        clock.advance(seconds=1)
    assert taken("usr_other") == []
    assert taken(person, limit=2) == ["first", "second"]
    assert taken(person) == ["third"]
    assert taken(person) == []


def test_who_waits_is_found_once_it_is_long_enough(add, person, clock):
    for _ in range(2):
        add()
    assert key_change_notices.waiting_since(clock.now - timedelta(seconds=1)) == []
    assert key_change_notices.waiting_since(clock.now) == [person]


def test_what_nobody_was_told_is_forgotten(add, person, clock):
    add("old")
    clock.advance(days=1)
    add("young")
    with transaction():
        key_change_notices.prune(clock.now)
    assert taken(person) == ["young"]


@pytest.mark.databases("postgresql")
def test_what_another_transaction_takes_is_not_waited_for(add, person, has_to_wait):
    add()
    others = []
    with transaction():
        assert len(key_change_notices.take(person, 1)) == 1
        assert not has_to_wait(lambda: others.append(key_change_notices.take(person, 1)))
    assert others == [[]]
