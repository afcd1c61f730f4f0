"""Checks of audit logs: in parts, from where the last one ended, and now and then from the first entry on."""

from datetime import timedelta
from itertools import cycle, islice

import pytest
from sqlalchemy import text

from app.domain.key_settings import KeySettings
from app.domain.organization_deletion import KEPT
from app.extensions import db
from app.services import audit, audit_checks, key_suspension, keys, organization_deletion
from app.store.transaction import transaction


@pytest.fixture
def append(runtime, alice):
    """Adds some entries to the two that the log begins with."""
    key = keys.create(runtime, alice.member, KeySettings(name="CI")).listed.key.id

    turns = cycle((key_suspension.suspend, key_suspension.resume))

    def append(number):
        for change in islice(turns, number):
            change(runtime, alice.member, key)

    return append


def tamper(statement):
    with transaction():
        db.session.execute(text(statement))


def found(alice):
    check = audit_checks.last(alice.org)
    return (check.whole_to, check.broken_at, check.is_running)


def test_it_goes_on_from_where_it_was_in_parts(runtime, alice, append, monkeypatch):
    monkeypatch.setattr(audit_checks, "PART", 3)
    append(4)
    audit_checks.run(runtime, seconds=0)
    assert found(alice) == (0, None, True)
    audit_checks.run(runtime)
    assert found(alice) == (7, None, False)
    append(6)
    audit_checks.run(runtime, seconds=0)
    assert found(alice) == (7, None, True)
    audit_checks.run(runtime)
    assert found(alice) == (13, None, False)


@pytest.mark.parametrize("part", [2, 3, 100])
@pytest.mark.parametrize(
    ("tampering", "shows_at"),
    [
        ("UPDATE audit_entry SET actor = 'nobody' WHERE sequence = 4", 4),
        ("DELETE FROM audit_entry WHERE sequence = 4", 4),
        ("DELETE FROM audit_entry WHERE sequence = 6", 6),
        ("DELETE FROM audit_entry WHERE sequence >= 5", 5),
        ("UPDATE organization SET audit_head = '2:00'", 7),
    ],
)
def test_it_finds_the_same_as_a_check_of_all_at_once(runtime, alice, append, monkeypatch, part, tampering, shows_at):
    monkeypatch.setattr(audit_checks, "PART", part)
    append(3)
    tamper(tampering)
    audit_checks.run(runtime)
    assert (audit_checks.last(alice.org).broken_at, audit.broken_at(alice.org)) == (shows_at, shows_at)
    assert [(log.org_id, log.broken_at) for log in audit_checks.broken()] == [(alice.org, shows_at)]


def test_a_change_to_what_was_checked_is_found_within_a_week(runtime, alice, append, clock):
    append(3)
    audit_checks.run(runtime)
    tamper("UPDATE audit_entry SET actor = 'nobody' WHERE sequence = 2")
    append(1)
    audit_checks.run(runtime)
    assert found(alice) == (7, None, False)
    clock.advance(days=7, minutes=1)
    audit_checks.run(runtime)
    assert found(alice) == (7, 2, False)


def test_a_log_that_was_cut_off_and_its_head_with_it_is_found_by_what_was_checked(runtime, alice, append):
    append(3)
    audit_checks.run(runtime)
    tamper("DELETE FROM audit_entry WHERE sequence > 4")
    tamper("UPDATE organization SET audit_count = 4, audit_head = (SELECT seal FROM audit_entry WHERE sequence = 4)")
    assert audit.broken_at(alice.org) is None
    audit_checks.run(runtime)
    assert found(alice) == (6, 5, False)


def test_now_begins_with_the_first_entry_and_not_again_within_a_minute(runtime, alice, append, clock, monkeypatch):
    append(3)
    audit_checks.run(runtime)
    assert audit_checks.check_now(runtime, alice.org) is None
    tamper("UPDATE audit_entry SET actor = 'nobody' WHERE sequence = 2")
    clock.advance(minutes=1)
    assert audit_checks.check_now(runtime, alice.org).broken_at == 2
    tamper("UPDATE audit_entry SET actor = 'alice@example.com' WHERE sequence = 2")
    clock.advance(minutes=1)
    monkeypatch.setattr(audit_checks, "PART", 2)
    check = audit_checks.check_now(runtime, alice.org, seconds=0)
    assert (check.is_running, check.broken_at) == (True, 2)
    audit_checks.run(runtime)
    assert found(alice) == (6, None, False)


def test_what_has_no_new_entries_is_not_due(runtime, alice, append, clock):
    audit_checks.run(runtime)
    before = audit_checks.last(alice.org)
    clock.advance(days=1)
    audit_checks.run(runtime)
    assert audit_checks.last(alice.org) == before
    assert clock.now - before.began_at == timedelta(days=1)


def test_a_deleted_organization_is_not_checked_and_its_log_never_shows_as_broken(runtime, alice, append, clock):
    append(3)
    audit_checks.run(runtime)
    tamper("DELETE FROM audit_entry WHERE sequence = 4")
    clock.advance(days=8)
    audit_checks.run(runtime)
    assert len(audit_checks.broken()) == 1
    organization_deletion.delete_as_operator(runtime, alice.org)
    before = audit_checks.last(alice.org)
    clock.advance(days=8)
    audit_checks.run(runtime)
    assert (audit_checks.broken(), audit_checks.last(alice.org)) == ([], before)
    clock.advance(days=KEPT.days)
    organization_deletion.erase(runtime)
    audit_checks.run(runtime)
    assert (audit_checks.broken(), audit_checks.last(alice.org)) == ([], None)
    # An earlier version left one.
    tamper(
        "INSERT INTO audit_check (org_id, sequence, seal, began_at, is_running, whole_to, broken_at)"
        f" VALUES ('{alice.org}', 0, '', 0, false, 0, 1)"
    )
    assert audit_checks.broken() == []


def test_a_check_that_was_under_way_when_its_organization_was_deleted_notes_nothing(
    runtime, alice, append, clock, monkeypatch
):
    append(3)
    follow = audit_checks._followed

    def meanwhile(*args):
        organization_deletion.delete_as_operator(runtime, alice.org)
        return follow(*args)

    monkeypatch.setattr(audit_checks, "_followed", meanwhile)
    audit_checks.run(runtime)
    assert audit_checks.last(alice.org) is None
    monkeypatch.undo()
    audit_checks.check_now(runtime, alice.org, seconds=0)
    assert audit_checks.last(alice.org) is None
    organization_deletion.restore(runtime, alice.org)
    audit_checks.run(runtime)
    assert found(alice) == (8, None, False)
