"""Exact moving windows."""

from datetime import UTC, datetime, timedelta

from app.domain.sliding_window_log import Window

NOW = datetime(2026, 4, 16, 12, tzinfo=UTC)
WINDOW = Window("link", 2, 60)


def ago(*seconds):
    return [NOW - timedelta(seconds=number) for number in seconds]


def test_it_is_open_below_its_quota():
    assert WINDOW.retry_after([], NOW) is None
    assert WINDOW.retry_after(ago(1), NOW) is None


def test_at_its_quota_it_opens_when_the_oldest_counted_event_leaves():
    assert WINDOW.retry_after(ago(10, 50), NOW) == 10
    assert WINDOW.retry_after(ago(10, 59.5), NOW) == 1


def test_events_that_left_do_not_count():
    assert WINDOW.opens(NOW) == NOW - timedelta(seconds=60)
    assert WINDOW.wait_for(NOW - timedelta(seconds=60), NOW) is None
    assert WINDOW.wait_for(NOW - timedelta(seconds=59, milliseconds=500), NOW) == 1
    assert WINDOW.wait_for(None, NOW) is None
