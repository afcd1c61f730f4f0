"""Which hours and days a chart of usage has."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from app.domain.usage_span import Span

NOW = datetime(2026, 3, 1, 14, 35, 12, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "count", "first", "last"),
    [
        (Span.DAY, 24, datetime(2026, 2, 28, 15, tzinfo=UTC), datetime(2026, 3, 1, 14, tzinfo=UTC)),
        (Span.WEEK, 7, datetime(2026, 2, 23, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        (Span.MONTH, 30, datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_the_last_step_is_under_way_and_none_is_left_out(span, count, first, last):
    steps = span.steps(NOW)
    assert (len(steps), steps[0], steps[-1]) == (count, first, last)
    assert {after - before for before, after in pairwise(steps)} == {span.step}


def test_days_are_those_of_utc():
    in_india = datetime(2026, 3, 2, 2, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert Span.WEEK.steps(in_india)[-1] == datetime(2026, 3, 1, tzinfo=UTC)
