"""The newest seal of an audit log, by mail every Monday."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.domain.audit_chain import SealedEntry
from app.domain.key_settings import KeySettings
from app.domain.mail_kinds import SWITCHABLE, MailKind
from app.domain.member_roles import Role
from app.extensions import db
from app.factory import make_runtime
from app.services import audit, audit_seal_mails, keys, mail_preferences, operator_members
from app.store import audit_seal_subscriptions
from app.store.outbox import OutboxMail

DAY = timedelta(days=1)


@pytest.fixture
def runtime(app, set_settings):
    set_settings(mail_server="127.0.0.1")
    return app.extensions["runtime"]


def mailed():
    rows = db.session.scalars(
        select(OutboxMail).where(OutboxMail.mail == MailKind.AUDIT_SEAL).order_by(OutboxMail.created_at)
    )
    return [(row.recipient, row.created_at.date().isoformat(), json.loads(row.about)["seal"]) for row in rows]


def subscribe(runtime, actor, *orgs):
    mail_preferences.save(runtime, actor.person_id, SWITCHABLE, seals_of=orgs)


def test_mondays_begin_a_week_in_utc():
    thursday = datetime(2026, 4, 16, 12, tzinfo=UTC)
    monday = datetime(2026, 4, 20, tzinfo=UTC)
    assert audit_seal_mails.next_monday(thursday) == monday
    assert audit_seal_mails.next_monday(monday - timedelta(microseconds=1)) == monday
    assert audit_seal_mails.next_monday(monday) == monday + 7 * DAY


def test_an_owner_who_wants_it_gets_one_seal_every_monday_whatever_two_processes_do(app, runtime, cast, clock):
    alice = cast.alice
    runtimes = [runtime, make_runtime(app, runtime.settings, clock)]

    def work(one):
        with app.app_context():
            audit_seal_mails.send(one)

    subscribe(runtime, alice, alice.org)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(20 * 2):
            list(pool.map(work, runtimes))
            clock.advance(hours=12)
            keys.create(runtime, alice.member, KeySettings(name="CI"))
    days = [(to, day) for to, day, _ in mailed()]
    assert days == [(alice.email, "2026-04-20"), (alice.email, "2026-04-27"), (alice.email, "2026-05-04")]
    kept = [SealedEntry.parse(seal) for *_, seal in mailed()]
    assert [one.sequence for one in kept] == sorted({one.sequence for one in kept})
    assert all(map(audit.still_holds, kept))


def test_it_is_off_until_somebody_wants_it_and_only_owners_can(runtime, cast, clock):
    for actor in (cast.adam, cast.bob, cast.charlie):
        subscribe(runtime, actor, cast.alice.org)
    clock.advance(days=8)
    audit_seal_mails.send(runtime)
    assert mailed() == []


def test_who_is_no_longer_an_owner_gets_none_and_is_forgotten(runtime, cast, clock):
    alice, adam = cast.alice, cast.adam
    subscribe(runtime, alice, alice.org)
    operator_members.add_member(runtime, alice.org, alice.email, Role.MEMBER, last_owner=True)
    clock.advance(days=8)
    audit_seal_mails.send(runtime)
    assert mailed() == []
    assert audit_seal_subscriptions.of_person(alice.person_id) == frozenset()
    assert mail_preferences.owned(adam.person_id) == []


def test_a_disabled_owner_gets_none_until_enabled_again(runtime, cast, clock):
    alice = cast.alice
    subscribe(runtime, alice, alice.org)
    operator_members.set_person_disabled(runtime, alice.email, disabled=True)
    clock.advance(days=8)
    audit_seal_mails.send(runtime)
    assert mailed() == []
    operator_members.set_person_disabled(runtime, alice.email, disabled=False)
    clock.advance(days=7)
    audit_seal_mails.send(runtime)
    assert len(mailed()) == 1


def test_choosing_again_and_again_brings_no_further_seal(runtime, cast, clock):
    alice = cast.alice
    for _ in range(3):
        subscribe(runtime, alice)
        subscribe(runtime, alice, alice.org)
        audit_seal_mails.send(runtime)
    assert mailed() == []
    clock.advance(days=4)
    for _ in range(3):
        audit_seal_mails.send(runtime)
        subscribe(runtime, alice)
        subscribe(runtime, alice, alice.org)
    assert len(mailed()) == 1


def test_a_clock_that_was_a_year_ahead_ends_no_seals(runtime, cast, clock):
    alice = cast.alice
    subscribe(runtime, alice, alice.org)
    clock.advance(days=365)
    audit_seal_mails.send(runtime)
    clock.advance(days=-365)
    for _ in range(3):
        audit_seal_mails.send(runtime)
    clock.advance(days=7)
    audit_seal_mails.send(runtime)
    assert len(mailed()) == 3
