"""Mails that wait to be sent."""

from datetime import timedelta

import pytest

from app.extensions import db
from app.store import outbox
from app.store.outbox import OutboxMail
from app.store.transaction import transaction
from tests.store.plans import plan_of

LIFE = timedelta(minutes=15)


@pytest.fixture
def add(app, clock):
    """Adds a mail that is due in so many seconds, or never; its id."""

    def add(recipient, due_in, priority=0):
        with transaction():
            return outbox.add(
                mail="sign_in_link",
                recipient=recipient,
                priority=priority,
                secret_id="ots_1",
                now=clock.now,
                expires_at=clock.now + LIFE,
                due_at=None if due_in is None else clock.now + timedelta(seconds=due_in),
            ).id

    return add


def next_due(clock):
    with transaction():
        found = outbox.next_due(clock.now)
        return found and found.recipient


def test_the_mail_that_waited_longest_is_next_and_none_before_it_is_due(add, clock):
    add("never", None)
    add("later", 10)
    add("sooner", 5)
    assert next_due(clock) is None
    clock.advance(seconds=5)
    assert next_due(clock) == "sooner"
    clock.advance(seconds=60)
    assert next_due(clock) == "sooner"


def test_a_lower_priority_number_goes_first_however_long_others_have_waited(add, clock):
    add("notice", -60, priority=1)
    add("link", 0)
    add("later link", 5)
    assert next_due(clock) == "link"
    with transaction():
        db.session.execute(db.delete(OutboxMail).where(OutboxMail.recipient == "link"))
    assert next_due(clock) == "notice"


def test_the_next_mail_is_found_by_one_index(app, clock):
    with transaction():
        plan = plan_of(lambda: outbox.next_due(clock.now), seldom_scans=True)
    assert "ix_outbox_mail_priority_due_at" in plan
    assert "SORT" not in plan.upper()


def test_a_mail_that_was_sent_is_not_next_and_holds_no_secret_any_more(add, clock):
    mail_id = add("ann", 0)
    with transaction():
        outbox.mark_failed(mail_id, "ConnectionRefusedError")
    failed = db.session.get(OutboxMail, mail_id)
    assert (failed.last_error, failed.secret_id, failed.sent_at) == ("ConnectionRefusedError", "ots_1", None)
    assert next_due(clock) == "ann"
    with transaction():
        outbox.mark_sent(mail_id, clock.now)
    assert next_due(clock) is None
    sent = db.session.get(OutboxMail, mail_id)
    assert (sent.sent_at, sent.secret_id, sent.last_error) == (clock.now, None, None)


def test_what_expired_before_a_moment_is_forgotten_and_what_expired_at_it_is_kept(add, clock):
    add("old", 0)
    clock.advance(seconds=1)
    add("young", 0)
    with transaction():
        outbox.prune(clock.now + LIFE)
    assert db.session.scalars(db.select(OutboxMail.recipient)).all() == ["young"]


@pytest.mark.databases("postgresql")
def test_another_sender_takes_the_next_one_instead_of_waiting(add, clock, has_to_wait):
    for recipient, due_in in (("first", -2), ("second", -1)):
        add(recipient, due_in)
    taken = []
    with transaction():
        assert outbox.next_due(clock.now).recipient == "first"
        assert not has_to_wait(lambda: taken.append(outbox.next_due(clock.now).recipient))
    assert taken == ["second"]


def test_what_was_queued_for_whom_in_a_time_is_counted(add, clock):
    add("ann", 0)
    add("ann", None)
    now, before = clock.now, clock.now - LIFE
    assert outbox.queued("sign_in_link", "ann", before, now) == 2
    assert outbox.queued("sign_in_link", "ann", now, now + LIFE) == 0
    assert outbox.queued("sign_in_link", "ann", before, before) == 0
    assert outbox.queued("sign_in_link", "bob", before, now) == 0
    assert outbox.queued("codes_paused", "ann", before, now) == 0


def test_what_was_not_sent_is_counted_with_the_newest_reason(add, clock):
    assert outbox.backlog() == (0, 0, 0, None)
    waiting, failing, failed, sent = (add(name, 0) for name in ("waiting", "failing", "failed", "sent"))
    add("never", None)
    assert waiting
    with transaction():
        outbox.mark_failed(failing, "ConnectionRefusedError")
        outbox.mark_sent(sent, clock.now)
    assert outbox.backlog() == (3, 1, 0, "ConnectionRefusedError")
    clock.advance(seconds=1)
    newest = add("newest", 0)
    with transaction():
        outbox.mark_failed(failed, "SMTPDataError 554", for_good=True)
        outbox.mark_failed(newest, "SMTPRecipientsRefused 550", for_good=True)
    assert outbox.backlog() == (2, 1, 2, "SMTPRecipientsRefused 550")
    assert db.session.get(OutboxMail, failed).secret_id is None
