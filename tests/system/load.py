"""Clients that ask all the time, and what they saw, second by second."""

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from tests.servers import Server
from tests.system.visitors import ENDPOINTS, Line


def percentile(percent: int, seconds: Sequence[float]) -> float:
    """The smallest of `seconds` that at least `percent` in a hundred of them are not above (nearest rank)."""
    return sorted(seconds)[math.ceil(len(seconds) * percent / 100) - 1]


def in_ms(seconds: Sequence[float]) -> str:
    """How long most of them took, and the slowest."""
    return f"p99 {percentile(99, seconds) * 1000:.0f} ms, slowest {max(seconds) * 1000:.0f} ms"


class Load:
    """Each key asked about at both endpoints, on a line each."""

    def __init__(self, server: Server, keys: dict[str, str]) -> None:
        self._server, self._stop, self._began = server, Event(), time.monotonic()
        self._columns = {f"{name}, {endpoint}": (key, endpoint) for name, key in keys.items() for endpoint in ENDPOINTS}
        #: By column: when it was asked, what was answered, and how long that took.
        self.seen: dict[str, list[tuple[float, int, float]]] = defaultdict(list)
        #: Whether every 503 said when to try again.
        self.told_when = True

    @contextmanager
    def running(self) -> Iterator["Load"]:
        with ThreadPoolExecutor(len(self._columns)) as pool:
            asking = [pool.submit(self._ask, column) for column in self._columns]
            try:
                yield self
            finally:
                self._stop.set()
        for one in asking:
            one.result()

    def now(self) -> float:
        return time.monotonic() - self._began

    def wait_until(self, happened: Callable[[], bool], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < deadline, self.table()
            time.sleep(0.05)

    def statuses(self, name: str, since: float = 0, until: float = 1e9) -> Counter[int]:
        """Of one key's requests that were both sent and answered in this time."""
        return Counter(
            status
            for column, answers in self.seen.items()
            for at, status, took in answers
            if column.startswith(f"{name},") and since <= at and at + took < until
        )

    @property
    def slowest(self) -> float:
        return max(took for answers in self.seen.values() for _, _, took in answers)

    def table(self) -> str:
        seconds = range(int(self.now()) + 1)
        rows = [["second", *self._columns]]
        for second in seconds:
            cells = []
            for column in self._columns:
                seen = Counter(status for at, status, _ in self.seen[column] if int(at) == second)
                cells.append(" ".join(f"{status}×{count}" for status, count in sorted(seen.items())) or "-")
            rows.append([str(second), *cells])
        return "\n" + "\n".join(" | ".join(cell.ljust(22) for cell in row) for row in rows)

    def _ask(self, column: str) -> None:
        key, endpoint = self._columns[column]
        with Line(self._server) as line:
            while not self._stop.is_set():
                at = self.now()
                status, headers = line.ask(*ENDPOINTS[endpoint], x_api_key=key)
                self.seen[column].append((at, status, self.now() - at))
                self.told_when &= status != 503 or int(headers["retry-after"]) >= 1
                # Some hundred a second are enough to see by, and leave the machine to others.
                time.sleep(0.005)
