"""Rate limits of keys: exact sliding windows in memory, or in Valkey, where processes share them."""

import time
from math import ceil

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from app.domain.errors import LimiterUnavailable
from app.domain.key_rate_limit import RateLimit, RateState
from app.domain.key_verification import KeyRecord

#: How long Valkey has to respond, and how long it is not asked again when it did not, in seconds.
TIMEOUT_SECONDS = 0.25
PAUSE_SECONDS = 1.0


class KeyRateLimits:
    """Counts the requests of keys. Thread-safe."""

    def __init__(self, valkey_url: str | None, *, fail_open: bool) -> None:
        options = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS} if valkey_url else {}
        self._window = MovingWindowRateLimiter(storage_from_string(valkey_url or "memory://", **options))
        self._fail_open = fail_open
        self._paused_until = 0.0
        self._items: dict[RateLimit, RateLimitItem] = {}

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
        item = self._item(limit)
        try:
            fits = (self._window.hit if counts else self._window.test)(item, record.key_id)
            resets_at, remaining = self._window.get_window_stats(item, record.key_id)
        except Exception as error:
            # Each storage raises the errors of its driver; `base_exceptions` lists them.
            if not isinstance(error, self._window.storage.base_exceptions):
                raise
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            return self._without_storage(limit)
        return fits, RateState(limit, remaining, max(1, ceil(resets_at - time.time())))

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
