"""On which days people are told that a key expires. Days are those of UTC."""

from datetime import UTC, date, datetime, time, timedelta

#: So many days before the day on which a key expires, and, as `EXPIRED`, on the day after it.
DAYS_BEFORE = (30, 7, 1)
EXPIRED = 0
#: The newest first: of several that are due, one is told.
NOTICES = (EXPIRED, *sorted(DAYS_BEFORE))
#: Who makes a key for less than this knows when it ends.
SHORTEST_LIFE = timedelta(days=2)


def due(created_at: datetime, expires_at: datetime, *, after: date, until: date) -> int | None:
    """The newest notice about the key for a day after `after` and not after `until`, or None. Notices of more days than
    half of the key's life would come too early to mean anything."""
    life = expires_at - created_at
    if life < SHORTEST_LIFE:
        return None
    told = (days for days in NOTICES if timedelta(days=days) < life / 2 and after < _day_of(expires_at, days) <= until)
    return next(told, None)


def expiries(days: int, *, after: date, until: date) -> tuple[datetime, datetime]:
    """From when (inclusive) until when (exclusive) the keys expire for which this notice is due on a day after `after`
    and not after `until`."""
    shift = timedelta(days=days) if days else timedelta(days=-1)
    return _midnight(after + shift + timedelta(days=1)), _midnight(until + shift + timedelta(days=1))


def day_span(day: date) -> tuple[datetime, datetime]:
    """When the day begins, and the next one."""
    return _midnight(day), _midnight(day + timedelta(days=1))


def _day_of(expires_at: datetime, days: int) -> date:
    last = expires_at.astimezone(UTC).date()
    return last - timedelta(days=days) if days else last + timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
