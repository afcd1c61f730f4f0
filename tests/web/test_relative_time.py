"""Times as people say them."""

from datetime import UTC, datetime, timedelta

import pytest

from app.web.relative_time import relative

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=-59), "just now"),
        (timedelta(seconds=-60), "1 min ago"),
        (timedelta(minutes=-59, seconds=-59), "59 min ago"),
        (timedelta(hours=-1), "1 h ago"),
        (timedelta(hours=-23, minutes=-59), "23 h ago"),
        (timedelta(days=-1), "yesterday"),
        (timedelta(days=-1, hours=-23), "yesterday"),
        (timedelta(days=-2), "2 days ago"),
        (timedelta(days=-1234), "1,234 days ago"),
        (timedelta(seconds=59), "in less than a minute"),
        (timedelta(minutes=55), "in 55 min"),
        (timedelta(hours=2, minutes=50), "in 3 h"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(days=2, hours=23), "in 3 days"),
    ],
)
def test_a_moment_is_said_from_now(distance, said):
    assert relative(NOW + distance, NOW) == said
