"""How each database is spoken to."""

import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.dialects import postgresql, sqlite

BUSY_TIMEOUT_MS = 10_000
STATEMENT_TIMEOUT_MS = 10_000
#: So much of an SQLite file is read where the machine has it in memory, instead of by a call and a copy for each page:
#: keys lie all over the file, and every flush of usage makes the other connections forget the pages that they had.
#: None of it where a process has no room for so much.
MAPPED_BYTES = 1 << 30 if sys.maxsize > 1 << 32 else 0

#: A process that is held in mid-transaction must not hold everybody else.
IDLE_TIMEOUT_MS = 15_000


def engine_options(url: str) -> dict[str, Any]:
    """What `create_engine` is given. `hide_parameters` keeps addresses and digests out of error messages."""
    if url.startswith("sqlite"):
        return {"hide_parameters": True, "pool_size": 32, "max_overflow": 32}
    options = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS}"
    return {
        "hide_parameters": True,
        "pool_size": 10,
        "max_overflow": 10,
        "pool_timeout": 5,
        "pool_pre_ping": True,
        "connect_args": {"connect_timeout": 5, "options": options},
    }


def driver_dialect(name: str) -> Dialect:
    """For statements that are handed to the driver itself: their values have places, not names."""
    if name == "sqlite":
        return sqlite.pysqlite.dialect(paramstyle="qmark")
    return postgresql.psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]


def prepare(engine: Engine) -> None:
    """SQLite: WAL, foreign keys, full durability, and transactions that we begin ourselves."""
    if engine.dialect.name == "sqlite":
        if engine.url.database and engine.url.database != ":memory:":
            Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)


def _open_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN would come late and deferred; ours comes with the transaction (see `_begin_sqlite`).
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"mmap_size = {MAPPED_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns from reading to writing fails at once whatever the timeout, so writers say so
    # beforehand and wait in line.
    kind = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {kind}")
