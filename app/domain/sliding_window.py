"""Exact moving windows over the times of earlier events."""

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
        """Events at or before this moment no longer count."""
        return now - timedelta(seconds=self.seconds)

    def retry_after(self, newest_first: Sequence[datetime], now: datetime) -> int | None:
        """Whole seconds until one more event fits, or None when it fits now.

        `newest_first`: the times of events in the window; those past the first `quota` may be left out.
        """
        if len(newest_first) < self.quota:
            return None
        leaves = newest_first[self.quota - 1] + timedelta(seconds=self.seconds)
        return max(1, ceil((leaves - now).total_seconds()))
