"""A fault that repeats is told at once, and then once a minute with its count."""

import logging
import traceback
from dataclasses import dataclass
from typing import Any

from app.logs.formats import event_of, fields_of

SECONDS = 60.0
#: Kinds of faults that are counted at once. With more, the one that began first is told early.
MOST = 128

_Kind = tuple[Any, ...]


@dataclass(slots=True)
class _Repeated:
    since: float
    count: int = 0
    newest: logging.LogRecord | None = None


class Repeats:
    """Which records are written now, and which are only counted. Times are those of a monotonic clock, in seconds. The
    caller sees to it that one thread at a time calls it."""

    def __init__(self) -> None:
        self._kinds: dict[_Kind, _Repeated] = {}

    def admit(self, record: logging.LogRecord, now: float) -> list[logging.LogRecord]:
        """What to write now that there is this record. Only warnings and errors are counted together."""
        written = self.due(now)
        if record.levelno < logging.WARNING:
            return [*written, record]
        kind = _kind(record)
        if known := self._kinds.get(kind):
            known.count += 1
            known.newest = record
            return written
        if len(self._kinds) >= MOST:
            written += _told(self._kinds.pop(next(iter(self._kinds))))
        self._kinds[kind] = _Repeated(now)
        return [*written, record]

    def due(self, now: float) -> list[logging.LogRecord]:
        """The newest of each kind that has repeated for a minute, with `repeated`: how often since it was last told."""
        written = []
        for kind, repeated in [each for each in self._kinds.items() if now - each[1].since >= SECONDS]:
            del self._kinds[kind]
            if repeated.count:
                written += _told(repeated)
                self._kinds[kind] = _Repeated(now)
        return written

    def all(self) -> list[logging.LogRecord]:
        """What is counted and not told yet, told now: the process ends."""
        written = [record for repeated in self._kinds.values() for record in _told(repeated)]
        self._kinds.clear()
        return written


def _told(repeated: _Repeated) -> list[logging.LogRecord]:
    if repeated.newest is None:
        return []
    repeated.newest.repeated = repeated.count
    return [repeated.newest]


def _kind(record: logging.LogRecord) -> _Kind:
    """Records are alike if their event and `reason` are; without a reason, if the exception came the same
    way, or if they say the same about the same."""
    reason = getattr(record, "reason", None)
    if reason is not None:
        return event_of(record), record.levelno, str(reason)
    if record.exc_info and record.exc_info[2]:
        # The whole way: faults of different routes end at the same place, in a library.
        way = [(frame.f_code, line) for frame, line in traceback.walk_tb(record.exc_info[2])]
        return event_of(record), record.levelno, getattr(record, "job", None), record.exc_info[0], *way
    return event_of(record), record.levelno, record.getMessage(), str(fields_of(record))
