"""Entries of the audit log: in pages, filtered, and by whom."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from app.extensions import db
from app.store import audit, audit_search
from app.store.audit import AuditEntry
from app.store.audit_search import AuditFilter
from app.store.transaction import transaction
from tests.store.pages import all_pages


def test_pages_are_newest_first_and_show_no_other_organization(org, other_org, append):
    for number in range(5):
        append(org, str(number))
        append(other_org, "another")
    for limit in (1, 2, 5, 6):
        entries = all_pages(lambda cursor, limit=limit: audit_search.page(org, limit=limit, cursor=cursor), limit)
        assert [entry.action for entry in entries] == ["4", "3", "2", "1", "0"]


@pytest.fixture
def done(org, other_org, clock):
    """Ten entries, a minute apart; of each, another organization has one that looks the same."""
    numbers = {}
    for number in range(10):
        clock.advance(minutes=1)
        actor, action = ("ann", "bob", "key_1")[number % 3], ("key.created", "key.revoked")[number % 2]
        for one in (other_org, org):
            with transaction():
                values = {"actor": actor, "target": f"key_{number % 4}", "details": {}}
                numbers[number] = audit.append(one, at=clock.now, action=action, **values)
    return clock.now - timedelta(minutes=9)


def found(org, **wanted):
    wanted = AuditFilter(**wanted)
    for limit in (1, 3):
        entries = all_pages(
            lambda cursor, limit=limit: audit_search.page(org, wanted, limit=limit, cursor=cursor), limit
        )
        assert [entry.sequence for entry in audit_search.every(org, wanted)] == [entry.sequence for entry in entries]
    return [entry.sequence - 1 for entry in entries]


def test_filters_combine(org, done):
    assert found(org) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert found(org, actor="ann") == [9, 6, 3, 0]
    assert found(org, actor="ann", actions=("key.revoked",)) == [9, 3]
    assert found(org, actions=("key.revoked",)) == [9, 7, 5, 3, 1]
    assert found(org, actions=("key.revoked", "key.created", "none")) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert found(org, target="key_1") == [9, 5, 1]
    assert found(org, target="key_1", actor="ann", actions=("key.revoked", "none")) == [9]
    assert found(org, actor="nobody") == []


@pytest.mark.parametrize("begin", [-20, 0, 3, 9, 10, 20])
@pytest.mark.parametrize("end", [-20, 0, 4, 10, 20])
def test_times_are_exact(org, done, begin, end):
    since, until = done + timedelta(minutes=begin), done + timedelta(minutes=end)
    assert found(org, since=since, until=until) == [n for n in range(9, -1, -1) if begin <= n < end]
    assert found(org, since=since, actor="ann") == [n for n in (9, 6, 3, 0) if n >= begin]


def test_times_find_entries_of_clocks_that_differ_and_after_a_gap(org, append, clock):
    moments = [0, 10, 7, 14, 12, 16]
    start = clock.now
    for minute in moments:
        clock.now = start + timedelta(minutes=minute)
        append(org, "one")
    since, until = start + timedelta(minutes=10), start + timedelta(minutes=14)
    assert found(org, since=since, until=until) == [4, 1]
    with transaction():
        db.session.execute(delete(AuditEntry).where(AuditEntry.sequence.in_([1, 3, 6])))
    assert found(org, since=since, until=until) == [4, 1]


def test_actors_are_named_once_and_only_those_of_the_organization(org, other_org, done):
    assert audit_search.actors(org, limit=10) == ["ann", "bob", "key_1"]
    assert audit_search.actors(org, limit=2) == ["ann", "bob"]
    assert audit_search.actors("org_none", limit=2) == []
