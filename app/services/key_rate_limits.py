"""Rate limits of keys: sliding windows in memory, or in Valkey, where processes share them.

Windows of few requests are exact, and remember each request. Windows of more count them in buckets, because memory for
each of a million requests is more than a key is worth (ADR 19).
"""

import time
from math import ceil

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from app.domain.errors import LimiterUnavailable
from app.domain.key_rate_limit import RateLimit, RateState
from app.domain.key_verification import KeyRecord
from app.services.sliding_window_counters import BucketsInMemory, BucketsInValkey

#: How long Valkey has to respond, and how long it is not asked again when it did not, in seconds.
TIMEOUT_SECONDS = 0.25
PAUSE_SECONDS = 1.0
#: The most requests of an exact window. One in memory takes 170 bytes.
MOST_EXACT = 100


class KeyRateLimits:
    """Counts the requests of keys. Thread-safe."""

    def __init__(self, valkey_url: str | None, *, fail_open: bool) -> None:
        options = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS} if valkey_url else {}
        self._window = MovingWindowRateLimiter(storage_from_string(valkey_url or "memory://", **options))
        self._buckets = BucketsInValkey(self._window.storage.storage) if valkey_url else BucketsInMemory()  # type: ignore[attr-defined]
        self._fail_open = fail_open
        self._paused_until = 0.0
        self._items: dict[RateLimit, RateLimitItem] = {}
        #: How often Valkey did not respond.
        self.failures = 0

    def take(self, record: KeyRecord, limit: RateLimit) -> tuple[bool, RateState]:
        """Counts a request if the limit allows it. Returns whether it does, and what is left. Raises
        `LimiterUnavailable` if Valkey does not respond and `RATE_LIMIT_FAIL` is closed."""
        return self._asked(record, limit, counts=True)

    def would_take(self, record: KeyRecord, limit: RateLimit) -> tuple[bool, RateState]:
        """As `take`, but counts nothing."""
        return self._asked(record, limit, counts=False)

    def _asked(self, record: KeyRecord, limit: RateLimit, *, counts: bool) -> tuple[bool, RateState]:
        if time.monotonic() < self._paused_until:
            return self._without_storage(limit)
        try:
            ask = self._ask_exact if limit.requests <= MOST_EXACT else self._ask_buckets
            return ask(record.key_id, limit, counts)
        except Exception as error:
            # Each storage raises the errors of its driver; `base_exceptions` lists them.
            if not isinstance(error, self._window.storage.base_exceptions):
                raise
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            self.failures += 1
            return self._without_storage(limit)

    def _ask_exact(self, key_id: str, limit: RateLimit, counts: bool) -> tuple[bool, RateState]:
        item = self._item(limit)
        fits = (self._window.hit if counts else self._window.test)(item, key_id)
        resets_at, remaining = self._window.get_window_stats(item, key_id)
        return fits, RateState(limit, remaining, max(1, ceil(resets_at - time.time())))

    def _ask_buckets(self, key_id: str, limit: RateLimit, counts: bool) -> tuple[bool, RateState]:
        fits, used, seconds = self._buckets.ask(key_id, limit, counts=counts)
        return fits, RateState(limit, limit.requests - used, max(1, ceil(seconds)))

    def _without_storage(self, limit: RateLimit) -> tuple[bool, RateState]:
        if not self._fail_open:
            raise LimiterUnavailable
        return True, RateState(limit, limit.requests, limit.window_seconds)

    def _item(self, limit: RateLimit) -> RateLimitItem:
        item = self._items.get(limit)
        if item is None:
            if len(self._items) > 1000:
                self._items.clear()
            item = self._items[limit] = RateLimitItemPerSecond(limit.requests, limit.window_seconds, namespace="key")
        return item
