"""Exact sliding windows: a log of the times of past events (`services.sliding_window_counters` counts without one)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from app.domain.errors import RateLimited


@dataclass(frozen=True, slots=True)
class Window:
    """At most `quota` events in any `seconds`."""

    name: str
    quota: int
    seconds: int

    def opens(self, now: datetime) -> datetime:
        """When the window that ends now begins: events at or before this moment do not count."""
        return now - timedelta(seconds=self.seconds)

    def retry_after(self, newest_first: Sequence[datetime], now: datetime) -> int | None:
        """Whole seconds until one more event is allowed, or None if it is allowed now.

        `newest_first`: the times of the events in the window; only the first `quota` are needed.
        """
        return self.wait_for(newest_first[self.quota - 1] if len(newest_first) >= self.quota else None, now)

    def wait_for(self, event: datetime | None, now: datetime) -> int | None:
        """Whole seconds until this event has left the window, or None if it has, or if there is none."""
        if event is None or event <= self.opens(now):
            return None
        return max(1, ceil((event - self.opens(now)).total_seconds()))

    def exceeded(self, message: str, wait: int) -> RateLimited:
        """The error of one event too many; `wait` as `retry_after` gives it."""
        return RateLimited(message, policy=self.name, quota=self.quota, window=self.seconds, retry_after=wait)
