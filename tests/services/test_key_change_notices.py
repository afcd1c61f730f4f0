"""Mails about what others did to a key."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.domain.key_origin import KeyOrigin
from app.domain.key_rate_limit import RateLimit
from app.domain.key_settings import KeySettings
from app.domain.mail_kinds import MailKind
from app.domain.member_roles import Role
from app.extensions import db
from app.factory import make_runtime
from app.services import (
    audit,
    key_change_notices,
    key_revocation,
    key_rotation,
    key_settings,
    key_suspension,
    keys,
    operator_keys,
    operator_members,
    rotation_overlap,
)
from app.services.key_owners import Owner
from app.store import keys as key_store
from app.store.key_change_notices import ChangeNotice
from app.store.outbox import OutboxMail
from app.store.people import Person
from app.store.transaction import transaction


@pytest.fixture
def runtime(app, set_settings):
    set_settings(mail_server="127.0.0.1")
    return app.extensions["runtime"]


@pytest.fixture
def make(runtime):
    def make(member, name="CI", **settings):
        settings = {"scopes": ["agent:r"]} | settings
        return keys.create(runtime, member, KeySettings(name=name, **settings)).listed.key

    return make


@pytest.fixture
def mailed(runtime, clock):
    """What has been mailed by now: to whom, and for each key what, with what it gained, by whom."""

    def mailed():
        clock.advance(minutes=3)
        key_change_notices.tell(runtime)
        rows = db.session.scalars(
            select(OutboxMail).where(OutboxMail.mail == MailKind.KEYS_CHANGED).order_by(OutboxMail.created_at)
        )
        return [
            (row.recipient, [(key["name"], key["what"], key["gains"], key["by"]) for key in about["keys"]])
            for row in rows
            for about in [json.loads(row.about)]
        ]

    return mailed


def waiting():
    return db.session.scalar(select(func.count()).select_from(ChangeNotice))


def test_the_maker_is_told_what_another_person_did(runtime, cast, make, mailed):
    bob, adam = cast.bob.member, cast.adam.member
    revoked, suspended, rotated, resumed, restored = (make(bob, name) for name in "abcde")
    key_revocation.revoke(runtime, adam, revoked.id)
    key_suspension.suspend(runtime, adam, suspended.id)
    key_rotation.rotate(runtime, adam, rotated.id)
    key_suspension.suspend(runtime, bob, resumed.id)
    key_suspension.resume(runtime, adam, resumed.id)
    key_revocation.revoke(runtime, bob, restored.id)
    key_revocation.undo(runtime, adam, restored.id)
    done = [("a", "revoked"), ("b", "suspended"), ("c", "rotated"), ("d", "resumed"), ("e", "restored")]
    assert mailed() == [(bob.email, [(name, what, "", adam.email) for name, what in done])]
    assert waiting() == 0


def test_the_maker_is_told_what_the_operator_did(runtime, cast, make, mailed):
    bob = cast.bob.member
    key = make(bob)
    operator_keys.revoke_key(runtime, key.id)
    assert mailed() == [(bob.email, [("CI", "revoked", "", "operator")])]


def test_what_people_do_to_their_own_keys_and_what_keydesk_does_is_told_to_nobody(runtime, cast, clock, make, mailed):
    bob = cast.bob.member
    key = make(bob)
    key_suspension.suspend(runtime, bob, key.id)
    key_suspension.resume(runtime, bob, key.id)
    key_settings.change(runtime, bob, key.id, KeySettings(scopes=["agent:r", "cache:invalidate"]))
    key_rotation.rotate(runtime, bob, key.id, overlap_seconds=86_400, idle_seconds=3600)
    clock.advance(hours=2)
    rotation_overlap.end_idle(runtime)
    assert keys.get(bob, key.id).key.revoked_at is not None
    operator_keys.create_key(runtime, KeySettings(name="nobody's"), org=bob.org_id)
    assert waiting() == 0
    assert mailed() == []


def test_of_changes_those_are_told_that_allow_more(runtime, cast, clock, make, mailed):
    bob, adam = cast.bob.member, cast.adam.member
    limits = {"networks": ["203.0.113.0/24"], "rate_limit": RateLimit(10, 60)}
    key = make(bob, expires_at=clock.now + timedelta(days=9), **limits)
    narrower = KeySettings(networks=["203.0.113.7/32"], expires_at=clock.now + timedelta(days=8), name="CD")
    key_settings.change(runtime, adam, key.id, narrower)
    assert mailed() == []
    assert waiting() == 0
    key_settings.change(runtime, adam, key.id, KeySettings(expires_at=None, rate_limit=RateLimit(20, 60)))
    assert mailed() == [(bob.email, [("CD", "widened", "a later expiry and a higher rate limit", adam.email)])]


def test_a_key_that_somebody_makes_in_ones_name_is_told(runtime, cast, clock, mailed):
    bob, adam = cast.bob, cast.adam
    with transaction():
        settings = keys.checked(runtime, KeySettings(name="CI"), clock.now)
        issued = keys.issue(
            runtime,
            bob.org,
            settings,
            clock.now,
            role=Role.MEMBER,
            origin=KeyOrigin.DASHBOARD,
            created_by=bob.person_id,
            owner=Owner(bob.person_id, bob.email),
        )
        audit.key_created(issued.listed.key, at=clock.now, actor=adam.email)
    assert mailed() == [(bob.email, [("CI", "made", "", adam.email)])]


def test_fifty_revokes_are_one_mail_that_names_twenty(runtime, cast, make, mailed):
    bob, adam = cast.bob.member, cast.adam.member
    key_revocation.revoke_many(runtime, adam, [make(bob, f"key {number}").id for number in range(50)])
    ((recipient, named),) = mailed()
    assert (recipient, len(named)) == (bob.email, 20)
    about = db.session.scalars(select(OutboxMail.about).where(OutboxMail.mail == MailKind.KEYS_CHANGED)).one()
    assert json.loads(about)["total"] == 50


def test_after_three_minutes_comes_one_mail_and_then_one_an_hour_with_each_change_to_a_key_once(
    runtime, cast, clock, make, mailed
):
    bob, adam = cast.bob.member, cast.adam.member
    key = make(bob)

    def suspend_and_resume():
        key_suspension.suspend(runtime, adam, key.id)
        key_suspension.resume(runtime, adam, key.id)

    suspend_and_resume()
    clock.advance(minutes=2, seconds=59)
    key_change_notices.tell(runtime)
    assert db.session.scalar(select(func.count()).where(OutboxMail.mail == MailKind.KEYS_CHANGED)) == 0
    suspend_and_resume()
    both = [("CI", "suspended", "", adam.email), ("CI", "resumed", "", adam.email)]
    assert mailed() == [(bob.email, both)]
    suspend_and_resume()
    clock.advance(minutes=54)
    suspend_and_resume()
    assert len(mailed()) == 1
    assert mailed() == [(bob.email, both)] * 2


def test_who_is_no_longer_a_member_or_disabled_is_told_nothing(runtime, cast, make, mailed):
    bob, adam, vera = cast.bob, cast.adam.member, cast.vera
    made = [make(bob.member) for _ in range(2)]
    key_revocation.revoke(runtime, adam, made[0].id)
    operator_members.remove_member(runtime, bob.org, bob.email, revoke_keys=True)
    with transaction():
        key_store.get(bob.org, made[0].id).key.created_by = vera.person_id
    assert mailed() == []
    assert waiting() == 0


@pytest.mark.databases("postgresql")
def test_a_change_does_not_wait_for_whoever_holds_its_makers_row(runtime, cast, clock, make):
    bob, adam = cast.bob, cast.adam.member
    key, app = make(bob.member), bob.app

    def revoke():
        with app.app_context():
            key_revocation.revoke(runtime, adam, key.id)

    with ThreadPoolExecutor(1) as pool, transaction():
        db.session.execute(select(Person).where(Person.email == bob.email).with_for_update())
        pool.submit(revoke).result(timeout=10)
    assert waiting() == 1


def test_two_processes_tell_each_change_once(app, runtime, cast, clock, make):
    bob, adam = cast.bob.member, cast.adam.member
    made = [make(bob, f"key {number}") for number in range(8)]
    runtimes = [runtime, make_runtime(app, runtime.settings, clock)]
    start = threading.Barrier(2)

    def work(one):
        with app.app_context():
            start.wait()
            key_change_notices.tell(one)

    with ThreadPoolExecutor(2) as pool:
        for key in made:
            key_revocation.revoke(runtime, adam, key.id)
            clock.advance(hours=1)
            list(pool.map(work, runtimes))
    rows = db.session.scalars(select(OutboxMail.about).where(OutboxMail.mail == MailKind.KEYS_CHANGED)).all()
    named = [key["name"] for about in rows for key in json.loads(about)["keys"]]
    assert sorted(named) == [key.name for key in made]
