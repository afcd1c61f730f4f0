"""On which days people are told that a key expires."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.expiry_notices import EXPIRED, NOTICES, due, expiries

MADE = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def told(life):
    """Day by day, as days before the last one: which notices somebody gets."""
    expires_at = MADE + life
    days = [MADE.date() + number * DAY for number in range(life.days + 5)]
    notices = {day: due(MADE, expires_at, after=day - DAY, until=day) for day in days}
    return {(expires_at.date() - day).days: notice for day, notice in notices.items() if notice is not None}


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        (timedelta(days=365), [30, 7, 1, -1]),
        (timedelta(days=60, seconds=1), [30, 7, 1, -1]),
        (timedelta(days=60), [7, 1, -1]),
        (timedelta(days=14), [1, -1]),
        (timedelta(days=10), [1, -1]),
        (timedelta(days=2), [-1]),
        (timedelta(days=2) - timedelta(seconds=1), []),
        (timedelta(hours=1), []),
    ],
)
def test_each_notice_once_and_only_those_under_half_of_a_keys_life(life, expected):
    assert list(told(life)) == expected
    assert list(told(life).values()) == [EXPIRED if days < 0 else days for days in expected]


def test_of_missed_days_the_newest_only():
    expires_at = MADE + 90 * DAY
    last = expires_at.date()
    assert due(MADE, expires_at, after=last - 31 * DAY, until=last - 2 * DAY) == 7
    assert due(MADE, expires_at, after=last - 31 * DAY, until=last) == 1
    assert due(MADE, expires_at, after=last - 31 * DAY, until=last + 9 * DAY) == EXPIRED
    assert due(MADE, expires_at, after=last - 6 * DAY, until=last - 2 * DAY) is None


def test_the_last_second_of_a_day_belongs_to_it_and_midnight_to_the_next():
    made, day = MADE - 90 * DAY, date(2026, 1, 8)
    for expires_at, expected in (
        (datetime(2026, 1, 8, 23, 59, 59, tzinfo=UTC), 7),
        (datetime(2026, 1, 9, tzinfo=UTC), None),
    ):
        assert due(made, expires_at, after=date(2025, 12, 31), until=date(2026, 1, 1)) == expected
        start, before = expiries(7, after=date(2025, 12, 31), until=date(2026, 1, 1))
        assert (start <= expires_at < before) == (expires_at.date() == day)


@pytest.mark.parametrize("missed", [1, 3, 9])
def test_the_expiries_of_a_notice_are_those_for_which_it_is_due(missed):
    until = date(2026, 3, 1)
    after = until - missed * DAY
    made = MADE - 300 * DAY
    for hours in range(-24 * 12, 24 * 35, 5):
        expires_at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hours)
        inside = {days for days in NOTICES if _within(expires_at, expiries(days, after=after, until=until))}
        found = due(made, expires_at, after=after, until=until)
        assert found == (min(inside) if inside else None)


def _within(moment, span):
    start, before = span
    return start <= moment < before
