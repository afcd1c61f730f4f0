"""The chart of requests over time."""

from datetime import UTC, datetime

import pytest

from app.domain.usage_span import Span
from app.services.usage_report import Point, Series
from app.web.usage_chart import chart

NOW = datetime(2026, 3, 1, 14, 35, tzinfo=UTC)


def drawn(span, *last):
    """The chart with these numbers at its end, (let through, refused), and nothing before."""
    steps = span.steps(NOW)
    numbers = [(0, 0)] * (len(steps) - len(last)) + list(last)
    return chart(Series(span, tuple(Point(at, *number) for at, number in zip(steps, numbers, strict=True)), ()))


@pytest.mark.parametrize(
    ("most", "top"),
    [(0, 2), (1, 2), (3, 4), (10, 10), (11, 12), (13, 16), (99, 100), (100, 100), (101, 120), (1048, 1200)],
)
def test_the_scale_ends_with_a_round_number_that_the_highest_bar_reaches_for(most, top):
    assert drawn(Span.WEEK, (most, 0)).top == top


def test_no_bar_is_lower_than_half_of_the_chart_but_for_single_requests():
    for most in range(2, 20_000):
        assert most >= drawn(Span.WEEK, (most, 0)).top / 2


def test_heights_are_shares_of_the_scale_with_the_refused_at_the_foot():
    before, last = drawn(Span.WEEK, (30, 10), (60, 20)).bars[-2:]
    assert (before.height, before.bad) == (50, 12.5)
    assert (last.height, last.bad) == (100, 25)
    assert (before.x, before.width) == (round((5 + 0.14) * 100 / 7, 2), round(0.72 * 100 / 7, 2))


def test_what_was_refused_is_seen_however_little_it_was():
    (bar,) = drawn(Span.WEEK, (100_000, 1)).bars[-1:]
    assert 0 < bar.bad < 3
    (bar,) = drawn(Span.WEEK, (0, 7)).bars[-1:]
    assert bar.bad == bar.height > 0
    (bar,) = drawn(Span.WEEK, (7, 0)).bars[-1:]
    assert bar.bad == 0
    assert drawn(Span.WEEK).bars[0].height == 0


@pytest.mark.parametrize(
    ("span", "ticks", "last"),
    [
        (Span.DAY, ["15:00", "21:00", "03:00", "09:00"], "14:00 UTC"),
        (Span.WEEK, ["23 Feb", "24 Feb", "25 Feb", "26 Feb", "27 Feb", "28 Feb", "1 Mar"], "1 Mar"),
        (Span.MONTH, ["31 Jan", "5 Feb", "10 Feb", "15 Feb", "20 Feb", "25 Feb"], "1 Mar"),
    ],
)
def test_labels_stand_for_equal_parts_of_the_width(span, ticks, last):
    shown = drawn(span)
    assert shown.ticks == ticks
    assert len(shown.bars) % len(ticks) == 0
    assert shown.bars[-1].label == last


def test_the_ranges_lead_to_every_span_and_mark_the_shown_one():
    assert [(range_.value, range_.name, range_.is_shown) for range_ in drawn(Span.MONTH).ranges] == [
        ("24h", "24 hours", False),
        ("7d", "7 days", False),
        ("30d", "30 days", True),
    ]
