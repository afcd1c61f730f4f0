"""Until when the counts of all processes are written: whoever decides by them has to know what may be missing."""

from datetime import datetime, timedelta
from threading import Lock

from app.domain.ids import new_id
from app.services.runtime import Runtime
from app.store import usage_processes
from app.store.transaction import transaction

#: How often a process notes that it has written, if it can.
NOTED_EVERY = timedelta(seconds=30)
#: A process that has not noted anything for so long is taken for gone: nobody can tell one that was killed from one
#: that cannot write.
GONE_AFTER = timedelta(days=1)


class UsageWriter:
    """Writes the counts of one process, and notes until when they are written. Thread-safe."""

    def __init__(self) -> None:
        self._id = new_id("process")
        self._lock = Lock()
        self._noted_at: datetime | None = None
        self._has_ended = False

    def flush(self, runtime: Runtime) -> None:
        """Raises what `UsageRecorder.flush` does; then nothing is noted."""
        with self._lock:
            began = runtime.clock()
            runtime.usage.flush()
            if self._is_due(began):
                with transaction():
                    usage_processes.note(self._id, began)
                self._noted_at = began

    def end(self, runtime: Runtime) -> None:
        """The last flush. If it fails, what was not written stays unknown, as after a crash."""
        with self._lock:
            self._has_ended = True
            runtime.usage.flush()
            with transaction():
                usage_processes.remove(self._id)

    def _is_due(self, now: datetime) -> bool:
        if self._has_ended:
            return False
        return self._noted_at is None or abs(now - self._noted_at) >= NOTED_EVERY


def known_until(now: datetime) -> datetime:
    """Every request that ended before is counted in the database, whichever process answered it."""
    written = usage_processes.written_until(now - GONE_AFTER)
    return now if written is None else min(now, written)


def prune(now: datetime) -> None:
    """Forgets processes that are gone."""
    usage_processes.prune(now - GONE_AFTER)
