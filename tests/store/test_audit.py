"""The audit log: a chain for each organization, and pages of it."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from app.domain.audit_chain import first_broken
from app.extensions import db
from app.store import audit
from app.store.audit import AuditEntry, AuditFilter
from app.store.transaction import transaction
from tests.store.pages import all_pages


@pytest.fixture
def append(clock):
    def append(org_id, action, **details):
        with transaction():
            audit.append(org_id, at=clock.now, action=action, actor="ann", target="key_1", details=details)

    return append


def test_each_organization_has_a_whole_chain_of_its_own(org, other_org, append):
    for org_id, action in ((org, "one"), (other_org, "another"), (org, "two"), (org, "three")):
        append(org_id, action)
    for org_id, actions in ((org, ["one", "two", "three"]), (other_org, ["another"])):
        chain = list(audit.chain(org_id))
        assert [(entry.sequence, entry.action) for entry, _ in chain] == list(enumerate(actions, 1))
        assert first_broken(chain, audit.head(org_id)) is None
        assert audit.head(org_id)[0] == len(actions)


def test_an_entry_that_was_not_committed_leaves_no_gap(org, append, clock):
    def fails():
        with transaction():
            audit.append(org, at=clock.now, action="lost", actor="ann", target="key_1", details={})
            raise RuntimeError("stop")

    append(org, "one")
    with pytest.raises(RuntimeError, match="stop"):
        fails()
    append(org, "two")
    assert [(entry.sequence, entry.action) for entry, _ in audit.chain(org)] == [(1, "one"), (2, "two")]


def test_pages_are_newest_first_and_show_no_other_organization(org, other_org, append):
    for number in range(5):
        append(org, str(number))
        append(other_org, "another")
    for limit in (1, 2, 5, 6):
        entries = all_pages(lambda cursor, limit=limit: audit.page(org, limit=limit, cursor=cursor), limit)
        assert [entry.action for entry in entries] == ["4", "3", "2", "1", "0"]


def test_details_come_back_as_they_went(org, append):
    details = {"name": "CI “é”", "scopes": ["b", "a"], "rate_limit": None, "nested": {"n": 10**15}}
    append(org, "key.created", **details)
    assert audit.page(org, limit=1, cursor=None).items[0].details == details
    assert first_broken(audit.chain(org), audit.head(org)) is None


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
        entries = all_pages(lambda cursor, limit=limit: audit.page(org, wanted, limit=limit, cursor=cursor), limit)
        assert [entry.sequence for entry in audit.every(org, wanted)] == [entry.sequence for entry in entries]
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
    assert audit.actors(org, limit=10) == ["ann", "bob", "key_1"]
    assert audit.actors(org, limit=2) == ["ann", "bob"]
    assert audit.actors("org_none", limit=2) == []
