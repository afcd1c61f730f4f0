"""Sliding windows for limits of many requests, in memory or in Valkey. They take the same memory whatever the limit is.

Requests are counted by buckets of a hundredth of the window. A bucket counts until the window has passed since its end,
so a request counts for up to 1 % longer than the window: never more fit than the limit says, sometimes fewer.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple

from app.domain.key_rate_limit import RateLimit

BUCKETS = 100
_MICROSECONDS = 1_000_000


class Asked(NamedTuple):
    """Whether a request fits, how many are counted after it, and the seconds until fewer are."""

    fits: bool
    used: int
    reset_seconds: float


class _Window:
    """The buckets of one key that count, oldest first, by their number since the clock's zero."""

    __slots__ = ("counts", "used", "width")

    def __init__(self, limit: RateLimit) -> None:
        self.counts: dict[int, int] = {}
        self.used = 0
        self.width = limit.window_seconds / BUCKETS

    def forget_old(self, now: float) -> None:
        first = int(now / self.width) - BUCKETS
        while self.counts and (oldest := next(iter(self.counts))) < first:
            self.used -= self.counts.pop(oldest)

    def count(self, now: float) -> None:
        number = int(now / self.width)
        self.counts[number] = self.counts.get(number, 0) + 1
        self.used += 1

    def reset_seconds(self, now: float) -> float:
        oldest = next(iter(self.counts), int(now / self.width))
        return (oldest + 1 + BUCKETS) * self.width - now


class BucketsInMemory:
    """Thread-safe. `clock` returns seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, RateLimit], _Window] = {}
        self._lock = Lock()
        self._sweep_at = 1024

    def __len__(self) -> int:
        """The number of windows that are in memory."""
        return len(self._windows)

    def ask(self, key_id: str, limit: RateLimit, *, counts: bool) -> Asked:
        """Counts a request if it fits; only looks unless `counts`."""
        with self._lock:
            now = self._clock()
            window = self._windows.get((key_id, limit)) or self._new(key_id, limit, now)
            window.forget_old(now)
            fits = window.used < limit.requests
            if fits and counts:
                window.count(now)
            return Asked(fits, window.used, window.reset_seconds(now))

    def _new(self, key_id: str, limit: RateLimit, now: float) -> _Window:
        if len(self._windows) >= self._sweep_at:
            self._sweep(now)
        window = self._windows[(key_id, limit)] = _Window(limit)
        return window

    def _sweep(self, now: float) -> None:
        """Forgets windows in which nothing counts any more: as often as their number has doubled."""
        for window in self._windows.values():
            window.forget_old(now)
        self._windows = {key: window for key, window in self._windows.items() if window.used}
        self._sweep_at = max(1024, 2 * len(self._windows))


#: The same on the server, by its clock, which all processes share. A hash for each key: counts by number of bucket.
_SCRIPT = """
local limit, width, buckets = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local newest = math.floor(now / width)
local used, oldest = 0, newest
local counts = redis.call('HGETALL', KEYS[1])
for i = 1, #counts, 2 do
  local number = tonumber(counts[i])
  if number < newest - buckets then
    redis.call('HDEL', KEYS[1], counts[i])
  else
    used = used + tonumber(counts[i + 1])
    oldest = math.min(oldest, number)
  end
end
local fits = used < limit
if fits and ARGV[4] == '1' then
  redis.call('HINCRBY', KEYS[1], string.format('%d', newest), 1)
  redis.call('PEXPIRE', KEYS[1], math.ceil(width * (buckets + 1) / 1000))
  used = used + 1
end
return {fits and 1 or 0, used, (oldest + 1 + buckets) * width - now}
"""


class BucketsInValkey:
    """`client`: a connection to Valkey; its errors are raised as they are."""

    def __init__(self, client: Any) -> None:
        self._script = client.register_script(_SCRIPT)

    def ask(self, key_id: str, limit: RateLimit, *, counts: bool) -> Asked:
        """As `BucketsInMemory.ask`."""
        name = f"keydesk:buckets:{key_id}:{limit.requests}:{limit.window_seconds}"
        width = limit.window_seconds * _MICROSECONDS // BUCKETS
        fits, used, left = self._script(keys=[name], args=[limit.requests, width, BUCKETS, int(counts)])
        return Asked(bool(fits), used, left / _MICROSECONDS)
