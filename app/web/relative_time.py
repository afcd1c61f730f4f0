"""How long ago a moment was, or in how long it will be, as people say it."""

from datetime import datetime
from math import ceil, floor

from app.domain.plural import counted

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def relative(moment: datetime, now: datetime) -> str:
    """`just now`, `2 min ago`, `6 h ago`, `yesterday`, `9 days ago`; `in 55 min`, `in 3 days`."""
    seconds = (now - moment).total_seconds()
    # Whole units that have passed, or that are not over yet: a key that expires in 2.9 days has three.
    distance, whole = abs(seconds), floor if seconds > 0 else ceil
    if distance < _MINUTE:
        return "just now" if seconds >= 0 else "in less than a minute"
    if distance < _HOUR:
        amount = f"{whole(distance / _MINUTE)} min"
    elif distance < _DAY:
        amount = f"{whole(distance / _HOUR)} h"
    else:
        days = whole(distance / _DAY)
        if days == 1 and seconds > 0:
            return "yesterday"
        amount = counted(days, "day")
    return f"{amount} ago" if seconds > 0 else f"in {amount}"
