"""Connections to SQLite and PostgreSQL: their options, and how transactions begin."""

import os
import sqlite3
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, ExceptionContext, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import QueuePool

from app.store import postgresql_system
from app.store.database_errors import DatabaseUnavailable

BUSY_TIMEOUT_MS = 10_000
STATEMENT_TIMEOUT_MS = 10_000
#: How much of an SQLite file is memory-mapped, so that reading a page takes no system call and no copy: keys are
#: scattered over the file, and every flush of usage empties the page caches of the other connections. Nothing is mapped
#: in a 32-bit process, which has no room for it.
MAPPED_BYTES = 1 << 30 if sys.maxsize > 1 << 32 else 0

#: What SQLite says of a file whose content cannot be right. The low byte is the kind of an error.
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

#: A process that is stopped in the middle of a transaction must not block all others.
IDLE_TIMEOUT_MS = 15_000


def engine_options(url: str) -> dict[str, Any]:
    """Arguments for `create_engine`. `hide_parameters` keeps email addresses and digests out of error messages."""
    if url.startswith("sqlite"):
        return {"hide_parameters": True, "pool_size": 32, "max_overflow": 32}
    # The driver prepares what it executes often, and PostgreSQL would soon plan it for values that it does not know: an
    # organization with 100,000 keys would get the plan for one with a few.
    server_settings = {
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_TIMEOUT_MS,
        "plan_cache_mode": "force_custom_plan",
    }
    options = " ".join(f"-c {name}={value}" for name, value in server_settings.items())
    return {
        "hide_parameters": True,
        "pool_size": 10,
        "max_overflow": 10,
        "pool_timeout": 5,
        "pool_pre_ping": True,
        "connect_args": {"connect_timeout": 5, "options": options},
    }


def connections(engine: Engine) -> tuple[int, int, int]:
    """How many connections of the pool are in use, how many are open but idle, and how many may be in use."""
    pool = engine.pool
    if not isinstance(pool, QueuePool):
        return 0, 0, 0
    return pool.checkedout(), pool.checkedin(), pool.size() + pool._max_overflow


def driver_dialect(name: str) -> Dialect:
    """The dialect for statements that go directly to the driver: with positional parameters instead of named ones."""
    if name == "sqlite":
        return sqlite.pysqlite.dialect(paramstyle="qmark")
    return postgresql.psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]


def prepare(engine: Engine) -> None:
    """Sets up SQLite: a file that only its owner can read, WAL, foreign keys, full durability, and transactions that we
    begin ourselves. Keeps PostgreSQL from being another system than before. Raises `OSError` if SQLite's folder cannot
    be created."""
    if engine.dialect.name == "sqlite":
        if engine.url.database and engine.url.database != ":memory:":
            _make_private(Path(engine.url.database))
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "handle_error", _tell_damage)
    else:
        event.listen(engine, "connect", lambda connection, _record: postgresql_system.check(engine, connection))


def _make_private(file: Path) -> None:
    """Creates the file if it does not exist, and takes it from everybody but its owner: in a folder that others may
    enter, they could read addresses and mails from it, or from the write-ahead log beside it.

    SQLite gives what it creates beside the file the permissions of the file.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # If it cannot be created, SQLite says so when it is opened.
    with suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        # Only its owner can do it, and the log goes away when its last connection is closed.
        with suppress(OSError):
            each.chmod(0o600)


def _open_sqlite(connection: Any, _record: Any) -> None:
    # Keeps the driver from beginning transactions, late and deferred; `_begin_sqlite` begins them.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}").close()
    _use_write_ahead_log(connection)
    for pragma in (
        "synchronous = FULL",
        "foreign_keys = ON",
        f"mmap_size = {MAPPED_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _use_write_ahead_log(connection: Any) -> None:
    """Of two processes that do so to a new file at once, one is refused, whatever the busy timeout."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that first reads and then writes can fail at once, whatever the timeout. So transactions
    # that write say so at the beginning, and wait for their turn.
    kind = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {kind}")


def _tell_damage(context: ExceptionContext) -> None:
    """A damaged file is a database that is not available. SQLAlchemy would say `DatabaseError`, as it does of faults of
    the program."""
    error = context.original_exception
    # Errors of the module itself have no code.
    if isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:
        raise DatabaseUnavailable(
            f"the database file is damaged ({error.sqlite_errorname}); run doctor", "corrupted"
        ) from error
