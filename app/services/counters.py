"""What a process counts for `/metrics`, in plain numbers: requests call no metrics library."""

import logging
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from time import perf_counter
from types import TracebackType

from app.domain.errors import DatabaseDown, DomainError, Fault
from app.domain.key_verification import Outcome
from app.store.database_errors import DATABASE_UNAVAILABLE, reason_of

log = logging.getLogger("keydesk")

#: The upper bounds, in seconds, of the buckets in which times are counted.
BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Tally:
    """How often each of a few things happened. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[str, int] = defaultdict(int)

    def add(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1

    def counts(self) -> dict[str, int]:
        with self._lock:
            return {str(what): count for what, count in self._counts.items()}


class Timed:
    """How often something ended in each of a few ways, and how long it took. Thread-safe.

    `usual`: how it ends nearly always. These are counted without a lock, which forward-auth would feel: under the
    interpreter's lock, nothing comes between reading a number of a list and writing it. They are all that the buckets
    hold beyond other endings.
    """

    __slots__ = ("_buckets", "_counts", "_lock", "_seconds", "_usual")

    def __init__(self, usual: str) -> None:
        self._usual = usual
        self._lock = Lock()
        self._counts: dict[str, int] = defaultdict(int)
        self._buckets = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    def add_usual(self, seconds: float) -> None:
        self._buckets[bisect_left(BUCKETS, seconds)] += 1
        self._seconds += seconds

    def add(self, ending: str, seconds: float) -> None:
        if ending == self._usual:
            self.add_usual(seconds)
            return
        with self._lock:
            self._counts[ending] += 1
            self.add_usual(seconds)

    def counts(self) -> dict[str, int]:
        """By ending; never less than before."""
        with self._lock:
            others = {str(ending): count for ending, count in self._counts.items()}
            return {self._usual: sum(self._buckets) - sum(others.values()), **others}

    def times(self) -> tuple[list[int], float]:
        """How many were in each bucket, the last one being for those that took longer; and the sum, in seconds."""
        with self._lock:
            return list(self._buckets), self._seconds

    def adding(self) -> "Adding":
        """For a `with` block, which ends as usual unless it says otherwise or raises."""
        return Adding(self, self._usual)


class Adding:
    """Counts a block. What it raises is its ending: the `error_code`."""

    def __init__(self, timed: Timed, ending: str) -> None:
        self._timed, self.ending = timed, ending
        self._began = 0.0

    def __enter__(self) -> "Adding":
        self._began = perf_counter()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        ending = self.ending if error is None else _code_of(error)
        self._timed.add(ending, perf_counter() - self._began)


def _code_of(error: BaseException) -> str:
    if isinstance(error, DomainError):
        return error.error_code
    return (DatabaseDown if isinstance(error, DATABASE_UNAVAILABLE) else Fault).error_code


@dataclass(frozen=True, slots=True)
class Counters:
    """The counters of one process that have no better place. Verifications are counted by who asked: forward-auth,
    our own routes (`/v1/me`), and back ends (`/v1/keys/verify`)."""

    forward_auth: Timed = field(default_factory=partial(Timed, Outcome.VALID.value))
    own_routes: Timed = field(default_factory=partial(Timed, Outcome.VALID.value))
    keys_verify: Timed = field(default_factory=partial(Timed, Outcome.VALID.value))
    #: Deliveries of mails.
    mail: Timed = field(default_factory=partial(Timed, "sent"))
    #: Requests that the limits on people and anonymous clients refused, and keys that no limiter answered for.
    limiter: Tally = field(default_factory=Tally)
    #: Where the database was found unavailable.
    database_errors: Tally = field(default_factory=Tally)

    def note_database_error(self, error: Exception, during: str) -> bool:
        """Counts and logs an error that means that the database is unavailable. False: it is another one."""
        if not isinstance(error, DATABASE_UNAVAILABLE):
            return False
        self.database_errors.add(during)
        # Of the error the class only: its text may quote a row.
        kind = type(getattr(error, "orig", None) or error).__name__
        fields = {"event": "database.unavailable", "reason": reason_of(error), "during": during, "error": kind}
        log.error("the database is not available", extra=fields)
        return True
