"""Usage as pages show it: over time, by why requests were refused, and by key."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from app.domain.key_verification import Outcome
from app.domain.usage_span import Span
from app.store import usage_report
from app.store.usage_report import ActiveKey


class Point(NamedTuple):
    """The requests of the hour or day that begins `at`."""

    at: datetime
    let_through: int
    refused: int


@dataclass(frozen=True, slots=True)
class Series:
    """The requests of a span: a point for each hour or day, oldest first, those without requests included."""

    span: Span
    points: tuple[Point, ...]
    #: Why requests were refused, as an outcome's name, and how many; most first.
    refusals: tuple[tuple[str, int], ...]

    @property
    def let_through(self) -> int:
        return sum(point.let_through for point in self.points)

    @property
    def refused(self) -> int:
        return sum(point.refused for point in self.points)


def series(org_id: str, span: Span, now: datetime, *, key_id: str | None = None) -> Series:
    """The requests of an organization, or of one of its keys."""
    rows = (
        usage_report.of_organization(org_id, span, now)
        if key_id is None
        else usage_report.of_key(org_id, key_id, span, now)
    )
    steps = span.steps(now)
    let_through: Counter[datetime] = Counter()
    refused: Counter[datetime] = Counter()
    refusals: Counter[str] = Counter()
    for at, outcome, requests in rows:
        # Later ones come from another process, whose clock is ahead.
        if at > steps[-1]:
            continue
        if outcome == Outcome.VALID:
            let_through[at] += requests
        else:
            refused[at] += requests
            refusals[outcome] += requests
    points = tuple(Point(at, let_through[at], refused[at]) for at in steps)
    return Series(span, points, tuple(sorted(refusals.items(), key=lambda item: (-item[1], item[0]))))


def most_active_keys(org_id: str, span: Span, now: datetime, *, limit: int = 10) -> Sequence[ActiveKey]:
    """The keys with the most requests, most first."""
    return usage_report.most_active_keys(org_id, span, now, limit=limit)
