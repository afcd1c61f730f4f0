"""Which PostgreSQL system a process is connected to: it stays with the one that it connected to first.

A server with other data at the same address, such as a new installation, has another system identifier
(https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CONTROLDATA). A standby that was promoted,
or a base backup that was restored to an earlier time, has the same, but is on another timeline: commits may be missing
(https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES).
"""

from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy import Engine

from app.store.database_errors import DatabaseUnavailable

_SYSTEM = "SELECT system_identifier FROM pg_control_system()"
#: The name of a file of the log begins with the timeline, in hexadecimal digits. A standby writes none.
_TIMELINE = """
    SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END
"""
#: What a managed PostgreSQL may answer to these.
_NOT_TOLD = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.FeatureNotSupported,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.ObjectNotInPrerequisiteState,
)

_first: WeakKeyDictionary[Engine, int] = WeakKeyDictionary()
#: The timeline of the newest connection, and how often it was another than before.
_timelines: WeakKeyDictionary[Engine, tuple[str, int]] = WeakKeyDictionary()
_noting = Lock()


def check(engine: Engine, connection: Any) -> None:
    """Call it with every new connection of the driver. Closes it and raises `DatabaseUnavailable` if it leads to
    another system than the first one did, or what the driver raises. Notes its timeline."""
    try:
        found, timeline = _asked(connection, _SYSTEM), _asked(connection, _TIMELINE)
    except BaseException:
        connection.close()
        raise
    if found is not None and _first.setdefault(engine, found) != found:
        connection.close()
        raise DatabaseUnavailable(
            "at DATABASE_URL there is another PostgreSQL system than before; restart Keydesk if that is intended",
            "another_system",
        )
    if timeline is not None:
        with _noting:
            before, changes = _timelines.get(engine, (timeline, 0))
            _timelines[engine] = timeline, changes + (timeline != before)


def timeline_changes(engine: Engine) -> int:
    """How often a new connection led to another timeline than the one before."""
    noted = _timelines.get(engine)
    return noted[1] if noted is not None else 0


def _asked(connection: Any, query: str) -> Any:
    """None where the server does not tell."""
    try:
        return connection.execute(query).fetchone()[0]
    except _NOT_TOLD:
        return None
    finally:
        if not connection.autocommit:
            connection.rollback()
