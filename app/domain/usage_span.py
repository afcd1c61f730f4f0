"""The spans of time that pages show usage of."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class Span(StrEnum):
    """The values stand in URLs."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def step(self) -> timedelta:
        """What one bar of a chart stands for: an hour, or a day in UTC."""
        return _HOUR if self is Span.DAY else _DAY

    def steps(self, now: datetime) -> tuple[datetime, ...]:
        """When each step begins, oldest first. The last one is under way."""
        last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if self.step is _DAY:
            last = last.replace(hour=0)
        return tuple(last - back * self.step for back in reversed(range(_STEPS[self])))


_STEPS = {Span.DAY: 24, Span.WEEK: 7, Span.MONTH: 30}
