"""Keys that were rotated and still work."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.errors import Forbidden, KeyNotActive, KeyRevoked, ValidationFailed
from app.domain.key_settings import KeySettings
from app.domain.key_settings_ceiling import WiderThanSet
from app.domain.mail_kinds import MailKind
from app.domain.member_roles import Role
from app.extensions import db
from app.services import (
    audit,
    key_revocation,
    key_rotation,
    key_settings,
    key_verification,
    keys,
    mail_preferences,
    operator_members,
    organization_deletion,
    rotation_overlap,
)
from app.services.usage_processes import UsageWriter
from app.services.usage_recorder import UsageRecorder
from app.store import key_rotations
from app.store.outbox import OutboxMail

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rotated(runtime, member, *, overlap=7 * 86_400, idle=None, **settings):
    issued = keys.create(runtime, member, KeySettings(name="CI", scopes=["agent:r"], **settings))
    key_id = issued.listed.key.id
    key_rotation.rotate(runtime, member, key_id, overlap_seconds=overlap, idle_seconds=idle)
    return issued


def use(runtime, issued):
    key_verification.require(runtime, issued.plaintext.reveal(), scope="agent:r")
    runtime.usage.flush()


def test_an_old_key_gets_a_day_more_as_often_as_wanted_up_to_thirty_days(runtime, alice, clock):
    issued, began = rotated(runtime, alice.member), clock.now
    key_id = issued.listed.key.id
    for days in range(8, 31):
        assert rotation_overlap.extend(runtime, alice.member, key_id).key.expires_at == began + days * DAY
    with pytest.raises(KeyNotActive, match="any longer"):
        rotation_overlap.extend(runtime, alice.member, key_id)
    assert audit.of_key(alice.org, key_id, limit=1)[0].action == "key.changed"


def test_never_beyond_its_first_expiry(runtime, alice, clock):
    first = clock.now + timedelta(hours=30)
    issued = rotated(runtime, alice.member, overlap=3600, expires_at=first)
    key_id = issued.listed.key.id
    assert rotation_overlap.extend(runtime, alice.member, key_id).key.expires_at == clock.now + HOUR + DAY
    assert rotation_overlap.extend(runtime, alice.member, key_id).key.expires_at == first
    with pytest.raises(KeyNotActive):
        rotation_overlap.extend(runtime, alice.member, key_id)


def test_only_old_keys_that_still_work_and_only_by_those_who_manage_them(runtime, cast, clock):
    alice = cast.alice.member
    plain = keys.create(runtime, alice, KeySettings(name="CI", expires_at=clock.now + DAY)).listed.key.id
    old = rotated(runtime, alice, overlap=3600).listed.key.id
    with pytest.raises(Forbidden):
        rotation_overlap.extend(runtime, cast.bob.member, old)
    clock.advance(hours=1)
    for key_id in (plain, old):
        with pytest.raises(KeyNotActive):
            rotation_overlap.extend(runtime, alice, key_id)


def test_an_old_key_ends_once_it_was_not_let_through_for_as_long_as_chosen(runtime, alice, clock):
    issued = rotated(runtime, alice.member, idle=3600)
    clock.advance(minutes=50)
    use(runtime, issued)
    clock.advance(minutes=61)
    rotation_overlap.end_idle(runtime)
    use(runtime, issued)
    clock.advance(minutes=61, seconds=59)
    rotation_overlap.end_idle(runtime)
    assert keys.get(alice.member, issued.listed.key.id).key.revoked_at is None
    clock.advance(seconds=1)
    rotation_overlap.end_idle(runtime)
    with pytest.raises(KeyRevoked):
        use(runtime, issued)
    entry = audit.of_key(alice.org, issued.listed.key.id, limit=1)[0]
    assert (entry.action, entry.actor, entry.details["reason"]) == ("key.revoked", "keydesk", "idle after rotation")


def test_it_goes_on_while_a_process_that_may_have_let_it_through_cannot_write(runtime, alice, clock):
    issued = rotated(runtime, alice.member, idle=3600)
    key_id = issued.listed.key.id
    with_counts, other = UsageWriter(), UsageWriter()
    for writer in (with_counts, other):
        writer.flush(runtime)
    clock.advance(minutes=50)
    key_verification.require(runtime, issued.plaintext.reveal(), scope="agent:r")
    clock.advance(hours=5)
    # Not by the process that counted it.
    other_runtime = replace(runtime, usage=UsageRecorder())
    other.flush(other_runtime)
    rotation_overlap.end_idle(other_runtime)
    assert keys.get(alice.member, key_id).key.revoked_at is None
    with_counts.flush(runtime)
    assert keys.get(alice.member, key_id).last_let_through == clock.now - 5 * HOUR
    clock.advance(minutes=2)
    for writer in (with_counts, other):
        writer.flush(other_runtime)
    rotation_overlap.end_idle(other_runtime)
    assert keys.get(alice.member, key_id).key.revoked_reason == "rotated"


def test_a_process_that_is_gone_holds_it_up_for_a_day(runtime, alice, clock):
    issued = rotated(runtime, alice.member, idle=3600)
    UsageWriter().flush(runtime)
    clock.advance(hours=23, minutes=59)
    rotation_overlap.end_idle(runtime)
    assert keys.get(alice.member, issued.listed.key.id).key.revoked_at is None
    clock.advance(minutes=1)
    rotation_overlap.end_idle(runtime)
    assert keys.get(alice.member, issued.listed.key.id).key.revoked_reason == "rotated"


def test_a_refused_request_is_no_use(runtime, alice, clock):
    issued = rotated(runtime, alice.member, idle=3600)
    clock.advance(minutes=50)
    key_verification.verify(runtime, issued.plaintext.reveal(), scope="agent:rw")
    runtime.usage.flush()
    clock.advance(minutes=12)
    rotation_overlap.end_idle(runtime)
    assert keys.get(alice.member, issued.listed.key.id).key.revoked_reason == "rotated"


def test_others_go_on(runtime, alice, clock):
    kept = rotated(runtime, alice.member)
    unrotated = keys.create(runtime, alice.member, KeySettings(name="CI", scopes=["agent:r"]))
    clock.advance(days=2)
    rotation_overlap.end_idle(runtime)
    use(runtime, kept)
    use(runtime, unrotated)


@pytest.mark.parametrize("seconds", [0, 3599, 30 * 86_400 + 1])
def test_less_than_an_hour_is_refused(runtime, alice, seconds):
    with pytest.raises(ValidationFailed) as refused:
        rotated(runtime, alice.member, idle=seconds)
    assert list(refused.value.fields) == ["idle_seconds"]


def mails(clock):
    rows = db.session.scalars(db.select(OutboxMail).where(OutboxMail.mail == "key_ends")).all()
    return [(row.recipient, row.about, row.expires_at - clock.now) for row in rows]


def test_who_rotated_a_key_is_told_once_that_it_ends_within_a_day_while_it_is_used(runtime, alice, clock):
    issued, unused = (rotated(runtime, alice.member, overlap=2 * 86_400) for _ in range(2))
    clock.advance(minutes=1)
    use(runtime, issued)
    rotation_overlap.warn(runtime)
    assert mails(clock) == []
    clock.advance(hours=25)
    for _ in range(2):
        rotation_overlap.warn(runtime)
    key = issued.listed.key
    about = f"{alice.org} {key.id} {key.start}…{key.last4}"
    assert mails(clock) == [(alice.email, about, 2 * DAY - timedelta(hours=25, minutes=1))]
    rotation_overlap.extend(runtime, alice.member, key.id)
    clock.advance(hours=24)
    rotation_overlap.warn(runtime)
    assert len(mails(clock)) == 2
    assert unused.listed.key.id not in str(mails(clock))


def test_nobody_is_told_about_keys_of_a_deleted_organization(runtime, alice, clock):
    issued = rotated(runtime, alice.member, overlap=86_400)
    clock.advance(minutes=1)
    use(runtime, issued)
    organization_deletion.delete_as_operator(runtime, alice.org)
    rotation_overlap.warn(runtime)
    assert mails(clock) == []


def test_who_does_not_want_these_mails_gets_none(runtime, alice, set_settings, clock):
    set_settings(mail_server="127.0.0.1")
    runtime = alice.app.extensions["runtime"]
    due = []
    for kinds in ([MailKind.KEY_ENDS], []):
        mail_preferences.save(runtime, alice.person_id, kinds)
        issued = rotated(runtime, alice.member, overlap=86_400)
        clock.advance(minutes=1)
        use(runtime, issued)
        rotation_overlap.warn(runtime)
        about = OutboxMail.about.contains(issued.listed.key.id)
        due.append(db.session.scalars(db.select(OutboxMail.due_at).where(about)).one())
    assert due == [clock.now - timedelta(minutes=1), None]


def test_who_rotates_many_keys_gets_twenty_mails_a_day_at_most(runtime, alice, set_settings, clock):
    set_settings(mail_server="127.0.0.1")
    runtime = alice.app.extensions["runtime"]
    for _ in range(2):
        for _ in range(22):
            issued = rotated(runtime, alice.member, overlap=86_400)
            clock.advance(seconds=1)
            use(runtime, issued)
        rotation_overlap.warn(runtime)
        sent = db.session.scalars(db.select(OutboxMail.due_at).where(OutboxMail.due_at.is_not(None))).all()
        clock.advance(days=2)
    assert len(sent) == 40


def test_a_member_does_not_extend_beyond_what_an_admin_set(runtime, cast, clock):
    bob, adam = cast.bob.member, cast.adam.member
    by_admin = keys.create(runtime, bob, KeySettings(name="CI", scopes=["agent:r"])).listed.key.id
    key_rotation.rotate(runtime, adam, by_admin, overlap_seconds=3600)
    shortened = rotated(runtime, bob).listed.key.id
    key_settings.change(runtime, adam, shortened, KeySettings(expires_at=clock.now + HOUR))
    for key_id in (by_admin, shortened):
        with pytest.raises(WiderThanSet):
            rotation_overlap.extend(runtime, bob, key_id)
        assert rotation_overlap.extend(runtime, adam, key_id).key.expires_at == clock.now + HOUR + DAY
    successor = keys.get(adam, by_admin).successor
    key_settings.change(runtime, adam, successor, KeySettings(name="free"))
    assert keys.get(adam, successor).key.bounds == {}


def test_who_could_not_make_such_a_key_today_does_not_extend_it(runtime, cast):
    adam = cast.adam.member
    issued = keys.create(runtime, adam, KeySettings(name="CI", scopes=["keys:verify"])).listed.key.id
    key_rotation.rotate(runtime, adam, issued, overlap_seconds=3600)
    operator_members.add_member(runtime, adam.org_id, cast.adam.email, Role.MEMBER)
    with pytest.raises(Forbidden):
        rotation_overlap.extend(runtime, adam, issued)


def test_a_key_whose_successor_ended_is_not_ended_too(runtime, alice, clock):
    issued = rotated(runtime, alice.member, idle=3600)
    key_revocation.revoke(runtime, alice.member, keys.get(alice.member, issued.listed.key.id).successor)
    clock.advance(hours=3)
    rotation_overlap.end_idle(runtime)
    use(runtime, issued)


def test_whoever_the_key_belongs_to_by_then_is_told(runtime, cast, clock):
    issued = rotated(runtime, cast.alice.member, overlap=86_400)
    successor = keys.get(cast.alice.member, issued.listed.key.id).successor
    to = key_settings.ForOwner(cast.bob.email)
    key_settings.change(runtime, cast.alice.member, successor, KeySettings(), to=to)
    clock.advance(minutes=1)
    use(runtime, issued)
    rotation_overlap.warn(runtime)
    assert [recipient for recipient, _, _ in mails(clock)] == [cast.bob.email]


def test_owners_and_admins_are_told_if_whoever_rotated_a_key_of_the_organization_has_left(runtime, cast, clock):
    alice, adam = cast.alice, cast.adam
    settings = KeySettings(name="CI", scopes=["agent:r"])
    issued = keys.create(runtime, alice.member, settings, of_organization=True)
    key_rotation.rotate(runtime, adam.member, issued.listed.key.id, overlap_seconds=86_400)
    clock.advance(minutes=1)
    use(runtime, issued)
    operator_members.remove_member(runtime, alice.org, adam.email)
    rotation_overlap.warn(runtime)
    assert [recipient for recipient, _, _ in mails(clock)] == [alice.email]


def test_no_key_of_a_deleted_organization_is_ended(runtime, alice, clock, monkeypatch):
    key_id = rotated(runtime, alice.member, idle=3600).listed.key.id
    clock.advance(hours=2)
    idle = key_rotations.idle_after_rotation(clock.now, clock.now)
    assert idle == [(alice.org, key_id)]
    organization_deletion.delete_as_operator(runtime, alice.org)
    assert key_rotations.idle_after_rotation(clock.now, clock.now) == []
    # Also if it is deleted after the keys were looked for.
    monkeypatch.setattr(key_rotations, "idle_after_rotation", lambda *_: idle)
    rotation_overlap.end_idle(runtime)
    assert audit.page(alice.org, limit=1, cursor=None).items[0].action == "organization.deleted"
    organization_deletion.restore(runtime, alice.org)
    rotation_overlap.end_idle(runtime)
    assert keys.get(alice.member, key_id).key.revoked_reason == "rotated"
