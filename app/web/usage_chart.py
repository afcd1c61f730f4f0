"""The chart of requests over time: where its bars are."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.domain.usage_span import Span
from app.services.usage_report import Point, Series

_NAMES = {Span.DAY: "24 hours", Span.WEEK: "7 days", Span.MONTH: "30 days"}
#: How many steps one label of the time axis stands for; each divides the number of steps.
_LABELLED = {Span.DAY: 6, Span.WEEK: 1, Span.MONTH: 5}
#: Shares of what one step has of the width, and of the height. However few requests there were, they are seen.
_GAP, _LOWEST = 0.14, 2
_ROUND = (12, 16, 20, 30, 40, 50, 60, 80, 100)


class Range(NamedTuple):
    """A span that a link leads to. `value` stands in the URL, `name` is for people."""

    value: str
    name: str
    is_shown: bool


class Bar(NamedTuple):
    """The requests of one hour or day, and where its bar is: percents of the chart's width and height, from above.
    `bad` is the height of the refused part, which is at the foot."""

    label: str
    point: Point
    hit: float
    hit_width: float
    x: float
    width: float
    height: float
    bad: float


class Chart(NamedTuple):
    """`top`: how many requests a bar of the whole height stands for, an even number. `ticks`: labels below, each at the
    left end of an equal part of the width."""

    ranges: Sequence[Range]
    span_name: str
    step_name: str
    top: int
    bars: Sequence[Bar]
    ticks: Sequence[str]


def chart(series: Series) -> Chart:
    span, points = series.span, series.points
    top = _round_number(max(point.let_through + point.refused for point in points))
    return Chart(
        ranges=[Range(value, name, value is span) for value, name in _NAMES.items()],
        span_name=_NAMES[span],
        step_name="hour" if span is Span.DAY else "day",
        top=top,
        bars=[_bar(number, len(points), point, top, span) for number, point in enumerate(points)],
        ticks=[_tick(point.at, span) for point in points[:: _LABELLED[span]]],
    )


def _bar(number: int, count: int, point: Point, top: int, span: Span) -> Bar:
    share = 100 / count
    height = _height(point.let_through + point.refused, top)
    bad = height if not point.let_through else min(height, _height(point.refused, top))
    label = f"{_tick(point.at, span)} UTC" if span is Span.DAY else _tick(point.at, span)
    hit, x = number * share, (number + _GAP) * share
    return Bar(label, point, *(round(size, 2) for size in (hit, share, x, share * (1 - 2 * _GAP), height, bad)))


def _height(requests: int, top: int) -> float:
    return max(_LOWEST, 100 * requests / top) if requests else 0


def _round_number(most: int) -> int:
    """The least number that is not less and looks like one of an axis, as its half does: 2, 4, 6, 8, 10, 12, 16, …"""
    if most <= 10:
        return max(2, most + most % 2)
    power = 10 ** (len(str(most - 1)) - 2)
    return next(number * power for number in _ROUND if number * power >= most)


def _tick(at: datetime, span: Span) -> str:
    """`14:00`, or `28 Nov`."""
    return f"{at:%H:%M}" if span is Span.DAY else f"{at.day} {at:%b}"
