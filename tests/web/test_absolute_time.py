"""Times and durations as people read them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.web import absolute_time


def test_a_moment_is_told_in_utc_whatever_zone_it_comes_in():
    moment = datetime(2026, 11, 24, 0, 49, tzinfo=timezone(timedelta(hours=9)))
    assert absolute_time.day(moment) == "23 November 2026"
    assert absolute_time.moment(moment) == "23 November 2026, 15:49 UTC"
    assert absolute_time.moment(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)) == "2 January 2026, 03:04 UTC"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (60, "60 seconds"),
        (90, "90 seconds"),
        (120, "2 minutes"),
        (900, "15 minutes"),
        (3600, "1 hour"),
        (5400, "90 minutes"),
        (86_400, "24 hours"),
        (90_000, "25 hours"),
        (172_800, "2 days"),
        (604_800, "7 days"),
    ],
)
def test_a_duration_is_told_in_the_largest_unit_that_people_would_use(seconds, told):
    assert absolute_time.duration(seconds) == told
