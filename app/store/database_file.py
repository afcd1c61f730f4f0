"""Whether the SQLite file that a process has opened is still the one at its path (docs/adr/0028-lost-database.md).

SQLite does not notice if the file, or the write-ahead log beside it, is removed or replaced: it goes on in what no
longer has a name, and loses it when the last connection is closed.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from enum import Enum
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event

from app.extensions import db
from app.store.database_errors import DatabaseUnavailable

#: Seconds between two checks at renewals of the lease, which are up to 80 a second.
CHECK_SECONDS = 0.1
#: How long the rescue waits for those who still read from the log.
_RESCUE_TIMEOUT_MS = 2_000


class Loss(Enum):
    """What happened, as the log tells it."""

    REPLACED = "the database file, or its write-ahead log, was removed or replaced while it was open"
    LOG_REMOVED = "the write-ahead log was removed; what was committed has been copied into the database file"


class DatabaseGone(DatabaseUnavailable):
    """The file is not the one that this process opened. That does not change until the process is restarted."""


class HeldFile:
    """A file, held by a connection of its own. While one is open, SQLite never removes the log by itself, so a log that
    is gone or new was removed by somebody else. Thread-safe."""

    def __init__(self, file: str, tell: Callable[[Loss], None]) -> None:
        self._file, self._log, self._tell = file, f"{file}-wal", tell
        self._connection = sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=10, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL").close()
        # Reading opens the log, and creates it if need be.
        self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        self._connection.execute(f"PRAGMA busy_timeout = {_RESCUE_TIMEOUT_MS}").close()
        self._opened = self._found()
        self._noticing = Lock()
        self._checked_at = time.monotonic()
        self.loss: Loss | None = None

    def check(self) -> None:
        """Raises `DatabaseGone` if the file or its log is not the one that was opened."""
        if self.loss is None:
            self._checked_at = time.monotonic()
            if self._found() == self._opened:
                return
            self._notice()
        raise DatabaseGone(str(self.loss and self.loss.value))

    def is_there(self) -> bool:
        return self.loss is None and self._found() == self._opened

    def check_now_and_then(self) -> None:
        """`check`, unless the last one was less than `CHECK_SECONDS` ago."""
        if self.loss is not None or time.monotonic() - self._checked_at >= CHECK_SECONDS:
            self.check()

    def close(self) -> None:
        self._connection.close()

    def _found(self) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
        return _identity(self._file), _identity(self._log)

    def _notice(self) -> None:
        with self._noticing:
            if self.loss is not None:
                return
            file, log = self._found()
            is_log_removed = file == self._opened[0] and log is None
            self.loss = Loss.LOG_REMOVED if is_log_removed and self._rescue() else Loss.REPLACED
            self._tell(self.loss)

    def _rescue(self) -> bool:
        """Copies what is in the removed log, which SQLite still has open, into the file."""
        try:
            busy, _frames, _copied = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error:
            return False
        # Somebody still reads: all may have been copied, but the index names frames that a new log would not have.
        return not busy


_held: WeakKeyDictionary[Engine, HeldFile] = WeakKeyDictionary()


def hold(tell: Callable[[Loss], None]) -> None:
    """Holds the current application's file for the life of the process; `tell` is called once if it is lost. For
    servers only: `restore` must find that nobody holds the file. Does nothing on PostgreSQL.

    Raises `sqlite3.OperationalError` if the file cannot be opened.
    """
    engine = db.engine
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return
    held = _held[engine] = HeldFile(file, tell)
    # A new connection would open the new file, or create a log.
    event.listen(engine, "do_connect", lambda *_: held.check())


def let_go() -> None:
    """Undoes `hold`, for tests: a server never closes what it holds."""
    held = _held.pop(db.engine, None)
    if held is not None:
        held.close()


def check(engine: Engine | None = None) -> None:
    """Raises `DatabaseGone` if a file is held and lost. Without `engine`: that of the current application."""
    held = _held.get(engine or db.engine)
    if held is not None:
        held.check()


def is_there() -> bool:
    """Whether the current application's file is the one that was opened, or none is held. Rescues nothing."""
    held = _held.get(db.engine)
    return held is None or held.is_there()


def check_now_and_then(engine: Engine) -> None:
    """`check`, ten times a second at most."""
    held = _held.get(engine)
    if held is not None:
        held.check_now_and_then()


def loss() -> Loss | None:
    """What happened to the current application's file, as far as it was noticed."""
    held = _held.get(db.engine)
    return held.loss if held is not None else None


def _identity(file: str) -> tuple[int, int] | None:
    """Device and inode, or None if nothing can be found there."""
    try:
        found = os.stat(file)  # noqa: PTH116 -- a `Path` would double the cost
    except OSError:
        return None
    return found.st_dev, found.st_ino
