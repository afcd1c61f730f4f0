"""Reads for verification: one statement at a time, each in a transaction of its own, on separate connections.

Never through a request's session, whose snapshot may be older than a revocation. And directly through the driver,
because executing a statement with SQLAlchemy costs more than the lookup.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Engine, Select

from app.store import database_file, postgresql_system
from app.store.database_errors import DatabaseUnavailable, reason_of
from app.store.engine import MAPPED_BYTES, driver_dialect

STATEMENT_TIMEOUT_MS = 1_000
#: Our own limit, a little above the database's: for a server that hangs and does not enforce its limit.
ANSWER_SECONDS = 1.25 * STATEMENT_TIMEOUT_MS / 1000
#: Seconds after a refused connection in which none is tried, so that requests fail fast meanwhile.
PAUSE_SECONDS = 0.5

Row = Sequence[Any]


class Query(NamedTuple):
    """A statement as the driver takes it. Values are passed in the order of `names`."""

    sql: str
    names: tuple[str, ...]


class VerificationReader:
    """The read connections of one process, as many as threads read at once. Thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._dialect_name = engine.dialect.name
        if engine.dialect.name == "sqlite":
            self._errors: tuple[type[Exception], ...] = (sqlite3.DatabaseError, sqlite3.InterfaceError)
            self._connect: Callable[[], Any] = lambda: _open_sqlite(str(engine.url.database))
        else:
            arguments, options = engine.dialect.create_connect_args(engine.url)
            self._errors = (psycopg.OperationalError, psycopg.InterfaceError)
            self._connect = lambda: _open_postgresql(arguments, dict(options))
        #: Open cursors, each with how often the timeline had changed when it was opened.
        self._idle: list[tuple[Any, int]] = []
        self._refused_until = 0.0
        self._refused_because = "unknown"

    def prepare(self, statement: Select[*tuple[Any, ...]]) -> Query:
        return _compiled(statement, self._dialect_name)

    def rows(self, query: Query, *values: Any) -> Sequence[Row]:
        """All rows of the result, because a cursor that is not read to its end would keep its snapshot for the next
        statement.

        A broken connection is replaced once. Raises `DatabaseUnavailable`.
        """
        cursor, changes, is_fresh = self._taken()
        try:
            rows: Sequence[Row] = cursor.execute(query.sql, values).fetchall()
        except self._errors as error:
            # The server may have restarted while the connection was idle. A statement that timed out is not repeated.
            is_stale = not is_fresh and getattr(cursor.connection, "closed", False)
            cursor.connection.close()
            if not is_stale:
                raise DatabaseUnavailable(type(error).__name__, reason_of(error)) from None
            self.close()
            return self.rows(query, *values)
        except BaseException:
            cursor.connection.close()
            raise
        self._idle.append((cursor, changes))
        return rows

    def check_file(self) -> None:
        """Raises `DatabaseGone`, which is a `DatabaseUnavailable`, if an SQLite file is lost. Looks ten times a second
        at most."""
        database_file.check_now_and_then(self._engine)

    def timeline_changes(self) -> int:
        """How often PostgreSQL turned out to be on another timeline than before."""
        return postgresql_system.timeline_changes(self._engine)

    def close(self) -> None:
        """Closes the idle connections."""
        while self._idle:
            with suppress(IndexError):  # another thread took the last one
                self._idle.pop()[0].connection.close()

    def _taken(self) -> tuple[Any, int, bool]:
        """A cursor, how often the timeline had changed when it was opened, and whether that was just now. What was
        opened on an earlier timeline may still read an earlier primary, which knows of no revoke since."""
        while True:
            try:
                cursor, changes = self._idle.pop()
            except IndexError:
                return self._opened(), self.timeline_changes(), True
            if changes == self.timeline_changes():
                return cursor, changes, False
            cursor.connection.close()

    def _opened(self) -> Any:
        if time.monotonic() < self._refused_until:
            raise DatabaseUnavailable("a connection was refused a moment ago", self._refused_because)
        database_file.check(self._engine)
        try:
            cursor = self._connect()
            if self._dialect_name == "postgresql":
                postgresql_system.check(self._engine, cursor.connection)
        except DatabaseUnavailable as error:
            self._refused_because = error.reason
            self._refused_until = time.monotonic() + PAUSE_SECONDS
            raise
        except self._errors as error:
            self._refused_because = reason_of(error)
            self._refused_until = time.monotonic() + PAUSE_SECONDS
            raise DatabaseUnavailable(type(error).__name__, self._refused_because) from None
        return cursor


@cache
def _compiled(statement: Select[*tuple[Any, ...]], dialect_name: str) -> Query:
    compiled: Any = statement.compile(dialect=driver_dialect(dialect_name))
    return Query(str(compiled), tuple(compiled.positiontup or ()))


def _open_sqlite(file: str) -> sqlite3.Cursor:
    connection = sqlite3.connect(f"file:{file}?mode=rw", uri=True, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {STATEMENT_TIMEOUT_MS}").close()
    connection.execute("PRAGMA query_only = ON").close()
    connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}").close()
    return connection.cursor()


class _Connection(psycopg.Connection[Row]):
    """A connection that waits for a response no longer than `ANSWER_SECONDS`."""

    def wait(self, gen: Any, interval: float = ANSWER_SECONDS, timeout: float | None = None) -> Any:
        return super().wait(gen, interval, timeout or ANSWER_SECONDS)


def _open_postgresql(arguments: Sequence[Any], options: dict[str, Any]) -> psycopg.Cursor[Row]:
    # Our options override those in the URL, as in the engine.
    ours = {
        "autocommit": True,
        "connect_timeout": 2,
        "prepare_threshold": 0,
        "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c default_transaction_read_only=on",
    }
    connection = _Connection.connect(*arguments, **(options | ours))
    return connection.cursor(binary=True)
