"""How the large organization's keys were used: sums by key and day for what is long over, hours for the last days."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from app.domain.key_verification import Outcome
from app.store.last_uses import LastUse
from benchmarks.seed_large.keys import KeyRow
from benchmarks.seed_large.sizes import DAYS
from benchmarks.seed_large.tenants import DAY, HOUR

#: Days whose hours are kept hour by hour, with today: what is long over is in the sums only.
RECENT_DAYS = 3
_ADDRESSES = ("203.0.113.9", "203.0.113.40", "198.51.100.7", "2001:db8::5")
_AGENTS = ("python-requests/2.32.3", "curl/8.9.1", "node", "Go-http-client/2.0", "okhttp/4.12.0")


class HourRow(NamedTuple):
    org_id: str
    hour: int
    key_id: str
    outcome: str
    requests: int


class KeyDayRow(NamedTuple):
    org_id: str
    day: int
    key_id: str
    outcome: str
    requests: int


class OrgHourRow(NamedTuple):
    org_id: str
    hour: int
    outcome: str
    requests: int


class UseRow(NamedTuple):
    """The last let-through and the last refused use. What `last_use` has no columns for is not written."""

    org_id: str
    key_id: str
    at: int | None = None
    address: str | None = None
    agent: str | None = None
    refused_at: int | None = None
    refused_address: str | None = None
    refused_agent: str | None = None
    refused_outcome: str | None = None
    refused_needs: str | None = None


@dataclass(frozen=True)
class Used:
    """A key that is used: at `hour` of its days, if not all day, and refused with `refusal`. `weekday` None: every
    day; otherwise a number from 0 to 6."""

    key: KeyRow
    hour: int
    weekday: int | None

    @property
    def key_id(self) -> str:
        return self.key.id

    @property
    def refusal(self) -> Outcome:
        """For what its settings allow least."""
        if self.key.networks:
            return Outcome.IP_NOT_ALLOWED
        return Outcome.RATE_LIMITED if self.key.rate_requests else Outcome.INSUFFICIENT_SCOPE

    @property
    def needs(self) -> str | None:
        """The scope that it was refused for."""
        if self.refusal is not Outcome.INSUFFICIENT_SCOPE:
            return None
        return next(scope for scope in ("notes:write", "agent:r", "keys:verify") if scope not in self.key.scopes)


def used(chance: Random, keys: Iterable[KeyRow], *, weekly: bool = False) -> list[Used]:
    """In the order of key IDs."""
    uses = [Used(key, chance.randrange(24), chance.randrange(7) if weekly else None) for key in keys]
    return sorted(uses, key=lambda use: use.key_id)


@dataclass(frozen=True)
class Usage:
    """Of the large organization, until `now`. Each list is in the order of key IDs."""

    org_id: str
    now: int
    daily: list[Used]
    weekly: list[Used]
    only_refused: list[Used]

    @property
    def today(self) -> int:
        return self.now - self.now % DAY

    @property
    def recent(self) -> int:
        """The midnight before which there are sums only."""
        return self.today - (RECENT_DAYS - 1) * DAY

    def key_days(self, chance: Random, org_hours: Counter[tuple[int, str]]) -> Iterator[KeyDayRow]:
        """The sums of what is long over, in the order in which they are stored. Adds to `org_hours`, by hour and
        outcome, what they say about the organization."""
        for day in range(self.today - (DAYS - 1) * DAY, self.recent, DAY):
            for use in sorted(self.daily + self.of_weekday(day), key=lambda use: use.key_id):
                outcomes = (Outcome.VALID,) if use.weekday is not None else (use.refusal, Outcome.VALID)
                for outcome in outcomes:
                    requests = _requests(chance, outcome)
                    org_hours[day + use.hour * HOUR, outcome.value] += requests
                    yield KeyDayRow(self.org_id, day, use.key_id, outcome.value, requests)

    def org_hours(self, requests: Counter[tuple[int, str]]) -> Iterator[OrgHourRow]:
        for (hour, outcome), count in sorted(requests.items()):
            yield OrgHourRow(self.org_id, hour, outcome, count)

    def hours(self, chance: Random) -> Iterator[HourRow]:
        """The last days, in the order in which they are stored."""
        for hour in range(self.recent, self.now + 1, HOUR):
            counted = [(use.key_id, outcome) for use in self.daily for outcome in (use.refusal, Outcome.VALID)]
            day = hour - hour % DAY
            counted += [(use.key_id, Outcome.VALID) for use in self.of_weekday(day) if self._at(use, day) == hour]
            if day == self.today:
                counted += [(use.key_id, use.refusal) for use in self.only_refused if self._at(use, day) == hour]
            for key_id, outcome in sorted(counted):
                yield HourRow(self.org_id, hour, key_id, outcome.value, _requests(chance, outcome))

    def last_uses(self, chance: Random) -> Iterator[UseRow]:
        for use in self.daily:
            hour = self.now - self.now % HOUR
            yield self._refused(chance, use, hour, self._let_through(chance, use, hour))
        for use in self.weekly:
            day = max(day for day in range(self.today - 6 * DAY, self.now + 1, DAY) if _weekday(day) == use.weekday)
            yield self._let_through(chance, use, self._at(use, day))
        if LastUse.__table__.c.at.nullable:
            for use in self.only_refused:
                never = UseRow(self.org_id, use.key_id)
                yield self._refused(chance, use, self._at(use, self.today), never)

    def of_weekday(self, day: int) -> list[Used]:
        return [use for use in self.weekly if use.weekday == _weekday(day)]

    def _at(self, use: Used, day: int) -> int:
        """The hour of this day at which the key is used, which is over or has begun."""
        return min(day + use.hour * HOUR, self.now - self.now % HOUR)

    def _let_through(self, chance: Random, use: Used, hour: int) -> UseRow:
        return UseRow(self.org_id, use.key_id, self._within(chance, hour), *_client(chance))

    def _refused(self, chance: Random, use: Used, hour: int, row: UseRow) -> UseRow:
        """The row with a refused use of this hour."""
        address, agent = _client(chance)
        return row._replace(
            refused_at=self._within(chance, hour),
            refused_address=address,
            refused_agent=agent,
            refused_outcome=use.refusal.value,
            refused_needs=use.needs,
        )

    def _within(self, chance: Random, hour: int) -> int:
        """A moment of this hour that is over."""
        return chance.randint(hour, min(hour + HOUR - 1, self.now))


def _client(chance: Random) -> tuple[str, str]:
    return chance.choice(_ADDRESSES), chance.choice(_AGENTS)


def _requests(chance: Random, outcome: Outcome) -> int:
    return chance.randint(1, 2000) if outcome is Outcome.VALID else chance.randint(1, 40)


def _weekday(day: int) -> int:
    return day // DAY % 7
