"""From which addresses keys are used: noted by the flush of usage, and shown for some days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.shown_text import shown
from app.store import key_addresses
from app.store.key_addresses import SeenAddress
from app.store.usage_totals import day_of

#: What of one hour a process remembers. Beyond it, it forgets all, and writes again what is written already.
MOST_REMEMBERED = 50_000
_DAY = 86_400_000_000

#: Organization, the hour in microseconds since 1970, key, whether the request was let through, and its address.
Sighting = tuple[str, int, str, bool, str]


class NotedAddresses:
    """What a process has noted in the present hour, so that a flush writes only what is new."""

    def __init__(self) -> None:
        self._noted: set[Sighting] = set()
        self._hour = 0

    def new(self, seen: Iterable[Sighting]) -> list[Sighting]:
        noted = self._noted
        return [sighting for sighting in seen if sighting not in noted]

    def remember(self, seen: Sequence[Sighting]) -> None:
        """Once they are committed."""
        if not seen:
            return
        hour = max(sighting[1] for sighting in seen)
        if hour > self._hour or len(self._noted) + len(seen) > MOST_REMEMBERED:
            self._noted, self._hour = set(), max(hour, self._hour)
        self._noted.update(seen[:MOST_REMEMBERED])


def noted_values(seen: Iterable[Sighting]) -> list[Any]:
    """The values of the columns `key_addresses.NOTED`, row by row, in the order of the table."""
    hours: dict[tuple[str, int, str, bool, str], tuple[int, int]] = {}
    for org_id, hour, key_id, let_through, address in seen:
        row = org_id, hour - hour % _DAY, key_id, let_through, shown(address, 64)
        first, last = hours.get(row, (hour, hour))
        hours[row] = min(first, hour), max(last, hour)
    return [value for row, seen_in in sorted(hours.items()) for value in (*row, *seen_in)]


@dataclass(frozen=True, slots=True)
class Addresses:
    #: Those seen last first.
    seen: Sequence[SeenAddress]
    #: There are others, or may be: some days had more addresses than are noted.
    has_more: bool


def of_key(org_id: str, key_id: str, now: datetime, *, days: int, limit: int) -> Addresses:
    """From where the key was let through and refused on the last days; today, in UTC, is the last one."""
    wanted = [day_of(now) - timedelta(days=back) for back in range(days)]
    seen = key_addresses.of_key(org_id, key_id, wanted, limit + 1)
    return Addresses(seen[:limit], len(seen) > limit or key_addresses.has_full_day(org_id, key_id, wanted))
