"""Which PostgreSQL system a process is connected to: it stays with the one that it connected to first.

A server with other data at the same address, such as a restored copy or a new installation, has another system
identifier (https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CONTROLDATA). A standby that was
promoted has the same.
"""

from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy import Engine

from app.store.database_errors import DatabaseUnavailable

_first: WeakKeyDictionary[Engine, int] = WeakKeyDictionary()


def check(engine: Engine, connection: Any) -> None:
    """Call it with every new connection of the driver. Closes it and raises `DatabaseUnavailable` if it leads to
    another system than the first one did."""
    found = _identifier(connection)
    if found is not None and _first.setdefault(engine, found) != found:
        connection.close()
        raise DatabaseUnavailable(
            "at DATABASE_URL there is another PostgreSQL system than before; restart Keydesk if that is intended"
        )


def _identifier(connection: Any) -> int | None:
    """None where the operator does not let us ask."""
    try:
        row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None
    finally:
        if not connection.autocommit:
            connection.rollback()
    return int(row[0])
