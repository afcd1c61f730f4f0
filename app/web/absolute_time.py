"""Times and durations as pages and mails show them."""

from datetime import UTC, datetime

from app.domain.plural import counted


def day(value: datetime) -> str:
    """`23 November 2026`."""
    value = value.astimezone(UTC)
    return f"{value.day} {value:%B %Y}"


def moment(value: datetime) -> str:
    """`23 November 2026, 15:49 UTC`."""
    return f"{day(value)}, {value.astimezone(UTC):%H:%M} UTC"


def duration(seconds: int) -> str:
    """`15 minutes`, `1 hour`, `24 hours`: in the largest unit that people would use."""
    for unit, length, least in (("day", 86_400, 2), ("hour", 3600, 1), ("minute", 60, 2)):
        count, rest = divmod(seconds, length)
        if not rest and count >= least:
            return counted(count, unit)
    return counted(seconds, "second")
