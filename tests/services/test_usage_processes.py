"""Until when the counts of all processes are written."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from app.domain.key_settings import KeySettings
from app.extensions import db
from app.services import key_verification, keys, retention
from app.services.usage_processes import UsageWriter, known_until
from app.store.usage_processes import UsageProcess
from tests.databases import statements

MINUTE = timedelta(minutes=1)


@pytest.fixture
def use(runtime, alice):
    issued = keys.create(runtime, alice.member, KeySettings(name="CI"))
    return lambda: key_verification.require(runtime, issued.plaintext.reveal(), scope=None)


@pytest.fixture
def while_counts_cannot_be_written(monkeypatch):
    def fails(*_):
        raise OperationalError("disk full", None, Exception())

    def flush(flush, runtime):
        with monkeypatch.context() as patched:
            patched.setattr("app.store.usage.add", fails)
            with pytest.raises(OperationalError):
                flush(runtime)

    return flush


def test_without_processes_everything_is_known(runtime, clock):
    assert known_until(clock.now) == clock.now


def test_the_process_that_wrote_longest_ago_decides(runtime, clock):
    began, (first, second) = clock.now, (UsageWriter(), UsageWriter())
    first.flush(runtime)
    clock.advance(minutes=1)
    second.flush(runtime)
    assert known_until(clock.now) == began
    clock.advance(minutes=1)
    first.flush(runtime)
    assert known_until(clock.now) == began + MINUTE


def test_a_flush_that_fails_notes_nothing_until_one_works(runtime, clock, use, while_counts_cannot_be_written):
    began, writer = clock.now, UsageWriter()
    writer.flush(runtime)
    use()
    for _ in range(3):
        clock.advance(minutes=1)
        while_counts_cannot_be_written(writer.flush, runtime)
    assert known_until(clock.now) == began
    writer.flush(runtime)
    assert known_until(clock.now) == clock.now


def test_it_is_noted_twice_a_minute_not_with_each_flush(runtime, clock):
    writer = UsageWriter()
    with statements() as sent:
        for _ in range(91):
            writer.flush(runtime)
            clock.advance(seconds=1)
    assert sum(sql.startswith("INSERT INTO usage_process") for sql in sent) == 4


def test_a_process_that_stops_is_not_waited_for(runtime, clock):
    stopped, other = UsageWriter(), UsageWriter()
    for writer in (stopped, other):
        writer.flush(runtime)
    clock.advance(minutes=1)
    stopped.end(runtime)
    # Its thread may flush once more.
    stopped.flush(runtime)
    clock.advance(minutes=1)
    other.flush(runtime)
    assert known_until(clock.now) == clock.now


def test_one_whose_last_flush_failed_is_waited_for_as_one_that_crashed_is_for_a_day(
    runtime, clock, use, while_counts_cannot_be_written
):
    began, stopped, other = clock.now, UsageWriter(), UsageWriter()
    for writer in (stopped, other):
        writer.flush(runtime)
    use()
    while_counts_cannot_be_written(stopped.end, runtime)
    clock.advance(hours=23, minutes=59)
    other.flush(runtime)
    assert known_until(clock.now) == began
    clock.advance(minutes=1)
    assert known_until(clock.now) == clock.now - MINUTE


def test_a_process_of_a_machine_whose_clock_is_ahead_knows_no_future(runtime, clock):
    clock.advance(hours=1)
    UsageWriter().flush(runtime)
    clock.advance(hours=-1)
    assert known_until(clock.now) == clock.now


def test_those_that_are_gone_are_forgotten(runtime, clock):
    UsageWriter().flush(runtime)
    clock.advance(days=1)
    UsageWriter().flush(runtime)
    retention.prune(runtime)
    assert db.session.scalars(db.select(UsageProcess.written_until)).all() == [clock.now]
