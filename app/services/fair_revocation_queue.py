"""Turns: which revokes of a process run now, and who waits, fairly between organizations."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition
from typing import Any

from app.domain.errors import Busy

#: How many may run or wait at once, because each of them holds a thread. Half of the threads that serve requests in a
#: process (`cli.serve.BLOCKING_THREADS`), so that the others go on serving.
PLACES = 4
#: How many of them run. The rest are places to wait in: who waits can give way to somebody with a better claim.
RUNNING = 2
#: The longest wait for a turn, in seconds.
WAIT_SECONDS = 2.0
#: Seconds after which a turn counts half in the order of organizations.
HALF_LIFE_SECONDS = 5.0
#: How many organizations' use is remembered before what hardly counts any more is forgotten.
MAX_REMEMBERED = 1000

#: Who shares the turns equally: an organization, and apart from that its turns that join.
_Claim = tuple[str, bool]


@dataclass(slots=True, eq=False)
class Turn:
    """Somebody who runs or waits. `outcome`: what a turn of the same kind gave that began after this one was asked
    for, and so did its work too; or what this turn gives those who wait to join it."""

    org_id: str
    joins: bool
    outcome: Any = None
    joined: list["Turn"] = field(default_factory=list)
    is_refused: bool = False

    @property
    def claim(self) -> _Claim:
        return self.org_id, self.joins


class RevocationQueue:
    """The turns of one process. Thread-safe.

    An organization has one turn at a time. Among those who wait, the organization that took the fewest turns lately
    comes first; if there is no place left, the one that took the most is refused, whoever came first. So one that
    revokes seldom is never kept from it by others that revoke all the time. Turns that join, which a key may ask for,
    are a claim of their own beside the organization's others, so that a leaked key does not keep its owner from
    revoking it.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._changed = Condition()
        self._running: list[Turn] = []
        self._waiting: list[Turn] = []  # in the order in which they came
        #: By claim, how many turns it took lately, and when this was so.
        self._use: dict[_Claim, tuple[float, float]] = {}

    @contextmanager
    def take(self, org_id: str, *, joins: bool = False) -> Iterator[Turn]:
        """Waits for the organization's turn, and holds it. `joins`: a turn of the organization's that joins too, and
        begins after this call, may do the work of this one as well. Raises `Busy`."""
        turn = Turn(org_id, joins)
        self._await(turn)
        try:
            yield turn
        finally:
            self._end(turn)

    def _await(self, turn: Turn) -> None:
        with self._changed:
            self._waiting.append(turn)
            self._start_those_next()
            if len(self._running) + len(self._waiting) > PLACES:
                last = max(self._waiting, key=self._rank)
                last.is_refused = True
                self._waiting.remove(last)
                self._changed.notify_all()
            if not self._changed.wait_for(lambda: turn not in self._waiting, WAIT_SECONDS):
                turn.is_refused = True
                self._waiting.remove(turn)
        if turn.is_refused:
            raise Busy

    def _end(self, turn: Turn) -> None:
        with self._changed:
            if turn not in self._running:
                return  # it joined another
            self._running.remove(turn)
            if turn.outcome is not None:
                for joined in turn.joined:
                    if joined in self._waiting:
                        joined.outcome = turn.outcome
                        self._waiting.remove(joined)
            self._start_those_next()
            self._changed.notify_all()

    def _start_those_next(self) -> None:
        while len(self._running) < RUNNING:
            busy = {turn.org_id for turn in self._running}
            free = [turn for turn in self._waiting if turn.org_id not in busy]
            if not free:
                return
            turn = min(free, key=self._rank)
            self._waiting.remove(turn)
            self._running.append(turn)
            if turn.joins:
                turn.joined = [other for other in self._waiting if other.joins and other.org_id == turn.org_id]
            self._count(turn.claim)

    def _rank(self, turn: Turn) -> tuple[int, float]:
        """The lower, the sooner it is `turn`'s turn. `min` prefers the first of equals, and so does `max`: who came
        last is refused only if its organization took more turns."""
        before = self._waiting[: self._waiting.index(turn)]
        same = sum(other.claim == turn.claim for other in [*self._running, *before])
        return same, self._lately(turn.claim)

    def _lately(self, claim: _Claim) -> float:
        turns, at = self._use.get(claim, (0.0, 0.0))
        return turns * float(0.5 ** ((self._now() - at) / HALF_LIFE_SECONDS))

    def _count(self, claim: _Claim) -> None:
        if len(self._use) > MAX_REMEMBERED:
            self._use = {one: use for one, use in self._use.items() if self._lately(one) > 0.01}
        self._use[claim] = (self._lately(claim) + 1, self._now())
