"""Whether the SQLite file that a process has opened is still the one at its path (docs/adr/0028-lost-database.md).

SQLite does not notice if the file, or the write-ahead log beside it, is removed or replaced: it goes on in what no
longer has a name, and loses it when the last connection is closed.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event

from app.extensions import db
from app.store.database_errors import DatabaseUnavailable, reason_of

#: Seconds between two checks at renewals of the lease, which are up to 80 a second.
CHECK_SECONDS = 0.1
#: How long, in seconds, a rescue waits for those who still read an earlier state from the log.
RESCUE_SECONDS = 2.0
_RESCUE_PAUSE_SECONDS = 0.02


class DatabaseGone(DatabaseUnavailable):
    """The file is not the one that this process opened. That does not change until the process is restarted."""


class HeldFile:
    """A file, held by a connection of its own from the first check to the end of the process. While one is open, SQLite
    never removes the log by itself, so a log that is gone or new was removed by somebody else. Thread-safe."""

    def __init__(self, file: str, tell: Callable[[], None]) -> None:
        self._file, self._tell = file, tell
        self._changing = Lock()
        self._connection: sqlite3.Connection | None = None
        #: What the parent of a forked process opened: the child must neither use nor close it.
        self._inherited: list[sqlite3.Connection | None] = []
        self._checked_at = float("-inf")
        self._is_rescued = False
        self.is_lost = False

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    def check(self) -> None:
        """Raises `DatabaseGone` if the file, its log or the index of the log is not the one that was opened,
        `DatabaseUnavailable` if it cannot be opened or looked at."""
        if not self.is_lost:
            if self._connection is None:
                self._open()
            self._checked_at = time.monotonic()
            if self._found() == self._opened:
                return
            self._notice()
        raise DatabaseGone(
            "the database file, its -wal or its -shm was removed or replaced while it was open", "file_gone"
        )

    def check_now_and_then(self) -> None:
        """`check`, unless the last one was less than `CHECK_SECONDS` ago."""
        if self.is_lost or time.monotonic() - self._checked_at >= CHECK_SECONDS:
            self.check()

    def rescue(self) -> bool | None:
        """Copies what is in a removed log, which SQLite still has open, into the file. Whether all of it was copied;
        None if there is nothing to rescue, or it was tried before. Waits for a rescue that runs."""
        with self._changing:
            if not self.is_lost or self._is_rescued:
                return None
            self._is_rescued = True
            if not self._lacks_only_its_log():
                return None
            deadline = time.monotonic() + RESCUE_SECONDS
            # Somebody who creates another log meanwhile shares the index, which then tells of two logs.
            while not self._is_copied():
                if time.monotonic() > deadline or not self._lacks_only_its_log():
                    return False
                time.sleep(_RESCUE_PAUSE_SECONDS)
            return self._lacks_only_its_log()

    def forget_in_child(self) -> None:
        """Call it in a forked process, which opens the file anew when it needs it."""
        self._inherited.append(self._connection)
        self._connection, self._changing = None, Lock()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> None:
        with self._changing:
            if self._connection is not None:
                return
            try:
                opened = sqlite3.connect(f"file:{self._file}?mode=rw", uri=True, timeout=10, check_same_thread=False)
                opened.execute("PRAGMA journal_mode = WAL").close()
                # Reading opens the log, and creates it if need be.
                opened.execute("SELECT count(*) FROM sqlite_master").fetchall()
            except sqlite3.Error as error:
                name = getattr(error, "sqlite_errorname", type(error).__name__)
                raise DatabaseUnavailable(name, reason_of(error)) from None
            self._opened = self._found()
            self._connection = opened

    def _found(self) -> tuple[tuple[int, int] | None, ...]:
        """The file, its log, and the index of the log, in which all its locks are: who finds another index writes into
        the same log without seeing the others."""
        return _identity(self._file), _identity(f"{self._file}-wal"), _identity(f"{self._file}-shm")

    def _lacks_only_its_log(self) -> bool:
        file, log, index = self._found()
        return file == self._opened[0] and log is None and index in {self._opened[2], None}

    def _notice(self) -> None:
        with self._changing:
            if self.is_lost:
                return
            self.is_lost = True
            self._tell()

    def _is_copied(self) -> bool:
        """Copies what nobody's snapshot is in the way of. Takes no lock that others wait for."""
        assert self._connection is not None
        try:
            busy, frames, copied = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error:
            return False
        return not busy and frames == copied


_held: WeakKeyDictionary[Engine, HeldFile] = WeakKeyDictionary()


def _forget_in_child() -> None:
    for held in _held.values():
        held.forget_in_child()


os.register_at_fork(after_in_child=_forget_in_child)


def hold(tell: Callable[[], None]) -> None:
    """Holds the current application's file from the first time that this process needs it; `tell` is called once if it
    is lost. For servers only: `restore` must find that nobody holds the file. Does nothing on PostgreSQL."""
    engine = db.engine
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return
    _held[engine] = HeldFile(file, tell)
    # A new connection would open the new file, or create a log.
    event.listen(engine, "do_connect", lambda *_: check(engine))


def let_go() -> None:
    """Undoes `hold`, for tests: a server never closes what it holds."""
    held = _held.pop(db.engine, None)
    if held is not None:
        held.close()


def check(engine: Engine | None = None) -> None:
    """Raises `DatabaseGone` if a file is to be held and lost, `DatabaseUnavailable` if it cannot be opened. Without
    `engine`: that of the current application."""
    held = _held.get(engine or db.engine)
    if held is not None:
        held.check()


def check_now_and_then(engine: Engine) -> None:
    """`check`, ten times a second at most."""
    held = _held.get(engine)
    if held is not None:
        held.check_now_and_then()


def is_lost() -> bool:
    """Looks whether the current application's file is lost, if this process has opened it."""
    held = _held.get(db.engine)
    if held is None or not held.is_open:
        return False
    try:
        held.check()
    except DatabaseGone:
        return True
    except DatabaseUnavailable:
        pass
    return False


def rescue() -> bool | None:
    """See `HeldFile.rescue`."""
    held = _held.get(db.engine)
    return held.rescue() if held is not None else None


def _identity(file: str) -> tuple[int, int] | None:
    """Device and inode, or None if nothing is there. Raises `DatabaseUnavailable` if that cannot be told: a disk that
    fails for a moment has lost nothing."""
    try:
        found = os.stat(file)  # noqa: PTH116 -- a `Path` would double the cost
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DatabaseUnavailable(f"cannot look at the database file: {error.strerror}", "disk_fault") from None
    return found.st_dev, found.st_ino
