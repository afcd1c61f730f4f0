"""Mails about keys that expire: who gets which, and each once."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.domain.key_settings import KeySettings
from app.domain.mail_kinds import MailKind
from app.domain.member_roles import Role
from app.extensions import db
from app.factory import make_runtime
from app.services import (
    expiry_notices,
    key_revocation,
    key_rotation,
    key_settings,
    key_suspension,
    keys,
    mail_preferences,
    operator_keys,
    operator_members,
    operator_organizations,
)
from app.store import expiry_notices as store
from app.store import outbox as outbox_store
from app.store.outbox import OutboxMail

DAY = timedelta(days=1)


@pytest.fixture
def runtime(app, set_settings):
    set_settings(mail_server="127.0.0.1")
    return app.extensions["runtime"]


@pytest.fixture
def make(runtime, clock):
    """Makes a key that lives for so many days, of which so many are to come, and returns its ID."""

    def make(member, name, life, to_come):
        now = clock.now
        expires_at = now + timedelta(days=to_come)
        clock.now = expires_at - timedelta(days=life)
        settings = KeySettings(name=name, scopes=["agent:r"], expires_at=expires_at)
        key_id = keys.create(runtime, member, settings).listed.key.id
        clock.now = now
        return key_id

    return make


def told():
    """Who was mailed when, and about which keys."""
    rows = db.session.scalars(
        select(OutboxMail)
        .where(OutboxMail.mail == MailKind.KEYS_EXPIRE)
        .order_by(OutboxMail.created_at, OutboxMail.recipient)
    )
    return [(row.recipient, row.created_at, [key["name"] for key in json.loads(row.about)["keys"]]) for row in rows]


def by_day(began, recipient):
    return {(at.date() - began.date()).days: names for to, at, names in told() if to == recipient}


def test_over_forty_days_each_notice_is_sent_once_whatever_two_processes_do_at_the_same_time(
    app, runtime, cast, clock, make
):
    alice, bob, adam, began = cast.alice.member, cast.bob.member, cast.adam.member, clock.now
    make(bob, "year", 365, 35)
    make(bob, "ten days", 10, 6)
    make(bob, "half a day", 0.5, 0.4)
    for name, end in (("revoked", key_revocation.revoke), ("suspended", key_suspension.suspend)):
        end(runtime, bob, make(bob, name, 90, 35))
    operator_keys.create_key(runtime, KeySettings(name="operator", expires_at=began + 3 * DAY), org=alice.org_id)
    make(adam, "admin", 365, 9)
    runtimes = [runtime, make_runtime(app, runtime.settings, clock)]
    start = threading.Barrier(2)

    def work(one):
        with app.app_context():
            start.wait()
            expiry_notices.tell(one)

    with ThreadPoolExecutor(2) as pool:
        for _ in range(40 * 2):
            list(pool.map(work, runtimes))
            clock.advance(hours=12)
    assert by_day(began, bob.email) == {
        5: ["ten days", "year"],
        7: ["ten days"],
        28: ["year"],
        34: ["year"],
        36: ["year"],
    }
    # A key of three days that no person made.
    assert by_day(began, alice.email) == {2: ["operator"], 4: ["operator"]}
    assert by_day(began, adam.email) == {2: ["operator", "admin"], 4: ["operator"], 8: ["admin"], 10: ["admin"]}
    assert len(told()) == 11


def days_told(runtime, clock, recipient, days):
    """Runs once a day for so many days: after how many somebody was told."""
    began, found = clock.now, []
    for number in range(days + 1):
        before = len(told())
        expiry_notices.tell(runtime)
        found += [number for to, *_ in told()[before:] if to == recipient]
        clock.now = began + (number + 1) * DAY
    clock.now = began
    return found


def test_owners_and_admins_are_told_of_keys_whose_maker_is_gone_or_disabled(runtime, cast, clock, make):
    alice, adam, bob, vera = cast.alice, cast.adam, cast.bob, cast.vera
    for name in ("first", "second", "third"):
        make(bob.member, name, 100, {"first": 7, "second": 8, "third": 9}[name])
    expiry_notices.tell(runtime)
    operator_members.set_person_disabled(runtime, bob.email, disabled=True)
    clock.advance(days=1)
    expiry_notices.tell(runtime)
    operator_members.set_person_disabled(runtime, bob.email, disabled=False)
    operator_members.remove_member(runtime, alice.org, bob.email)
    clock.advance(days=1)
    expiry_notices.tell(runtime)
    to = [(recipient, names) for recipient, _, names in told()]
    managers = [adam.email, alice.email]
    assert to == [(bob.email, ["first"]), *((who, ["second"]) for who in managers)] + [
        (who, ["third"]) for who in managers
    ]
    assert vera.email not in str(to)


def test_nobody_is_told_who_is_disabled_and_nobody_of_a_disabled_organization(runtime, cast, clock, make):
    alice, adam = cast.alice, cast.adam
    make(alice.member, "CI", 100, 7)
    operator_organizations.set_organization_disabled(runtime, alice.org, disabled=True)
    expiry_notices.tell(runtime)
    assert told() == []
    operator_organizations.set_organization_disabled(runtime, alice.org, disabled=False)
    operator_members.set_person_disabled(runtime, alice.email, disabled=True)
    clock.advance(days=6)
    expiry_notices.tell(runtime)
    assert [to for to, *_ in told()] == [adam.email]


def test_of_missed_days_only_the_newest_notice_is_sent(runtime, alice, clock, make):
    make(alice.member, "CI", 100, 31)
    expiry_notices.tell(runtime)
    clock.advance(days=27)
    expiry_notices.tell(runtime)
    assert [names for _, _, names in told()] == [["CI"]]
    clock.advance(days=200)
    expiry_notices.tell(runtime)
    assert len(told()) == 1
    assert days_told(runtime, clock, alice.email, 5) == []


def test_at_first_nobody_is_told_of_what_expired_long_ago(runtime, alice, clock, make):
    make(alice.member, "old", 100, -5)
    make(alice.member, "between", 100, 20)
    expiry_notices.tell(runtime)
    assert told() == []


@pytest.mark.parametrize("back", [timedelta(minutes=5), 2 * DAY, 9 * DAY])
def test_a_clock_that_goes_back_tells_nothing_twice_and_holds_up_nothing(runtime, alice, clock, make, back):
    make(alice.member, "CI", 100, 8)
    began = clock.now
    assert days_told(runtime, clock, alice.email, 4) == [1]
    clock.now = began + 4 * DAY - back
    seen = days_told(runtime, clock, alice.email, 20)
    assert [((clock.now + day * DAY).date() - began.date()).days for day in seen] == [7, 9]
    assert len(told()) == 3


def test_a_clock_that_was_a_year_ahead_is_not_believed(runtime, alice, clock, make):
    clock.advance(days=365)
    expiry_notices.tell(runtime)
    clock.advance(days=-365)
    make(alice.member, "CI", 100, 8)
    assert days_told(runtime, clock, alice.email, 12) == [1, 7, 9]


def test_a_key_that_was_extended_is_told_of_again(runtime, alice, clock, make):
    key_id = make(alice.member, "CI", 100, 1)
    assert days_told(runtime, clock, alice.email, 0) == [0]
    key_settings.change(runtime, alice.member, key_id, KeySettings(expires_at=clock.now + 8 * DAY))
    clock.advance(days=1)
    assert days_told(runtime, clock, alice.email, 10) == [0, 6, 8]


def test_a_key_that_is_being_replaced_is_not_told_of(runtime, alice, clock, make):
    key_rotation.rotate(runtime, alice.member, make(alice.member, "CI", 300, 200), overlap_seconds=8 * 86_400)
    assert days_told(runtime, clock, alice.email, 12) == []


def test_who_does_not_want_these_mails_gets_none_and_nobody_gets_them_instead(runtime, cast, clock, make):
    cast.adam  # noqa: B018 -- he joins
    make(cast.bob.member, "CI", 100, 8)
    mail_preferences.save(runtime, cast.bob.person_id, [MailKind.KEY_ENDS])
    assert days_told(runtime, clock, cast.bob.email, 10) == []
    assert told() == []


def test_a_person_in_two_organizations_gets_one_mail_that_begins_with_what_ends_first(runtime, cast, clock, make):
    alice, bob = cast.alice, cast.bob
    charlie = cast.charlie
    cast.join(bob, charlie.own_organization(), Role.MEMBER)
    make(bob.member, "later", 100, 8)
    make(bob.member, "gone", 100, 0)
    there = alice.org
    bob.org = charlie.own_organization()
    make(bob.member, "elsewhere", 100, 2)
    bob.org = there
    clock.advance(days=1)
    expiry_notices.tell(runtime)
    assert [(to, names) for to, _, names in told()] == [(bob.email, ["elsewhere", "later", "gone"])]


def test_a_mail_names_twenty_keys_and_counts_the_others(runtime, alice, clock, make):
    for number in range(23):
        make(alice.member, f"key {number}", 100, 7)
    expiry_notices.tell(runtime)
    (row,) = db.session.scalars(select(OutboxMail).where(OutboxMail.mail == MailKind.KEYS_EXPIRE))
    about = json.loads(row.about)
    assert (len(about["keys"]), about["total"]) == (20, 23)
    assert days_told(runtime, clock, alice.email, 5) == []


def test_what_was_told_and_the_mail_are_there_together_or_not_at_all(runtime, alice, clock, make, monkeypatch):
    make(alice.member, "CI", 100, 7)

    def full(**_):
        raise OSError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(outbox_store, "add", full)
        expiry_notices.tell(runtime)
    assert told() == []
    expiry_notices.tell(runtime)
    assert len(told()) == 1


@pytest.mark.parametrize("failing", ["alice", "bob"])
def test_a_fault_with_one_person_keeps_no_other_from_being_told_and_is_tried_again(
    runtime, cast, clock, make, monkeypatch, caplog, failing
):
    people = {"alice": cast.alice, "bob": cast.bob}
    for name, actor in people.items():
        make(actor.member, f"{name}’s", 100, 7)
    unlucky = people.pop(failing)
    (lucky,) = people.values()
    add = outbox_store.add

    def fails_for_one(**row):
        if row["recipient"] == unlucky.email:
            raise OSError(row["recipient"])
        return add(**row)

    with monkeypatch.context() as patch:
        patch.setattr(outbox_store, "add", fails_for_one)
        for _ in range(2):
            expiry_notices.tell(runtime)
            clock.advance(minutes=1)
    assert [to for to, *_ in told()] == [lucky.email]
    assert (unlucky.person_id in caplog.text, "OSError" in caplog.text) == (True, True)
    assert unlucky.email not in caplog.text
    # Not before everybody was told is the day over.
    assert store.last_day() is None
    expiry_notices.tell(runtime)
    assert [to for to, *_ in told()] == [lucky.email, unlucky.email]
    assert store.last_day() == clock.now.date()


def test_what_failed_all_day_is_told_on_the_next(runtime, cast, clock, make, monkeypatch):
    expiry_notices.tell(runtime)
    alice, bob = cast.alice, cast.bob
    make(alice.member, "CI", 100, 8)
    make(bob.member, "CI", 100, 8)
    add = outbox_store.add

    def fails_for_one(**row):
        if row["recipient"] == bob.email:
            raise OSError
        return add(**row)

    with monkeypatch.context() as patch:
        patch.setattr(outbox_store, "add", fails_for_one)
        clock.advance(days=1)
        expiry_notices.tell(runtime)
    clock.advance(days=1)
    expiry_notices.tell(runtime)
    assert [to for to, *_ in told()] == [alice.email, bob.email]


def test_the_next_is_told_after_a_read_that_failed(runtime, cast, clock, make, monkeypatch):
    for actor in (cast.alice, cast.bob):
        make(actor.member, "CI", 100, 7)
    wants, asked = mail_preferences.wants, []

    def fails_at_first(person_id, kind):
        asked.append(person_id)
        if len(asked) == 1:
            db.session.execute(text("SELECT nothing"))
        return wants(person_id, kind)

    monkeypatch.setattr(mail_preferences, "wants", fails_at_first)
    expiry_notices.tell(runtime)
    assert (len(asked), len(told())) == (2, 1)
