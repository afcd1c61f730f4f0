"""Exact sliding windows over the times of past events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil


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
        if len(newest_first) < self.quota:
            return None
        leaves = newest_first[self.quota - 1] + timedelta(seconds=self.seconds)
        return max(1, ceil((leaves - now).total_seconds()))
