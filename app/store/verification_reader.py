"""Reading for verification: one statement at a time, each in a transaction of its own, on connections of their own.

Never through a request's session: that may sit on an old snapshot, and an answer from it would be an old truth. And by
the driver itself, because SQLAlchemy's execution costs more than the lookup.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Engine, Select

from app.store.engine import MAPPED_BYTES, driver_dialect
from app.store.unavailable import DatabaseUnavailable

STATEMENT_TIMEOUT_MS = 1_000
#: The database's own limit first; ours for a server that hangs and keeps no limit.
ANSWER_SECONDS = 1.25 * STATEMENT_TIMEOUT_MS / 1000
#: Seconds for which a database that refused a connection is not asked again, so that the answer meanwhile is quick.
PAUSE_SECONDS = 0.5

Row = Sequence[Any]


class Query(NamedTuple):
    """A statement as the driver takes it. Values are given in the order of `names`."""

    sql: str
    names: tuple[str, ...]


class VerificationReader:
    """One process's reading connections, as many as threads read at once. Safe to call from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._dialect = driver_dialect(engine.dialect.name)
        if engine.dialect.name == "sqlite":
            self._errors: tuple[type[Exception], ...] = (sqlite3.OperationalError, sqlite3.InterfaceError)
            self._connect: Callable[[], Any] = lambda: _open_sqlite(str(engine.url.database))
        else:
            arguments, options = engine.dialect.create_connect_args(engine.url)
            self._errors = (psycopg.OperationalError, psycopg.InterfaceError)
            self._connect = lambda: _open_postgresql(arguments, dict(options))
        self._idle: list[Any] = []
        self._refused_until = 0.0

    def prepare(self, statement: Select[*tuple[Any, ...]]) -> Query:
        compiled: Any = statement.compile(dialect=self._dialect)
        return Query(str(compiled), tuple(compiled.positiontup or ()))

    def rows(self, query: Query, *values: Any) -> Sequence[Row]:
        """All rows: a cursor that is not read to its end would keep its snapshot for the next statement.

        A connection that broke is replaced once. Raises `DatabaseUnavailable`.
        """
        try:
            cursor, is_fresh = self._idle.pop(), False
        except IndexError:
            cursor, is_fresh = self._opened(), True
        try:
            rows: Sequence[Row] = cursor.execute(query.sql, values).fetchall()
        except self._errors as error:
            # The server may have gone and come back while the connection lay idle; what took too long is not repeated.
            is_stale = not is_fresh and getattr(cursor.connection, "closed", False)
            cursor.connection.close()
            if not is_stale:
                raise DatabaseUnavailable(type(error).__name__) from None
            self.close()
            return self.rows(query, *values)
        except BaseException:
            cursor.connection.close()
            raise
        self._idle.append(cursor)
        return rows

    def close(self) -> None:
        """Closes the connections that nobody reads from just now."""
        while self._idle:
            with suppress(IndexError):  # another thread took the last
                self._idle.pop().connection.close()

    def _opened(self) -> Any:
        if time.monotonic() < self._refused_until:
            raise DatabaseUnavailable("refused a moment ago")
        try:
            return self._connect()
        except self._errors as error:
            self._refused_until = time.monotonic() + PAUSE_SECONDS
            raise DatabaseUnavailable(type(error).__name__) from None


def _open_sqlite(file: str) -> sqlite3.Cursor:
    connection = sqlite3.connect(f"file:{file}?mode=rw", uri=True, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {STATEMENT_TIMEOUT_MS}").close()
    connection.execute("PRAGMA query_only = ON").close()
    connection.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}").close()
    return connection.cursor()


class _Connection(psycopg.Connection[Row]):
    """One that waits for an answer as long as the database is given for it, and no longer."""

    def wait(self, gen: Any, interval: float = ANSWER_SECONDS, timeout: float | None = None) -> Any:
        return super().wait(gen, interval, timeout or ANSWER_SECONDS)


def _open_postgresql(arguments: Sequence[Any], options: dict[str, Any]) -> psycopg.Cursor[Row]:
    # Ours win over those of the address, as in the engine.
    ours = {
        "autocommit": True,
        "connect_timeout": 2,
        "prepare_threshold": 0,
        "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c default_transaction_read_only=on",
    }
    connection = _Connection.connect(*arguments, **(options | ours))
    return connection.cursor(binary=True)
