"""The errors that mean that the database is not available, and why it is not."""

import sqlite3
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class DatabaseUnavailable(Exception):
    """A read without a session failed, or must not be tried now; the text says why. `reason`: as `reason_of` has it."""

    def __init__(self, why: str, reason: str = "unknown") -> None:
        self.reason = reason
        super().__init__(why)


class NoTurnToWrite(PoolTimeout):
    """Other threads of this process were writing for too long."""


#: The server is down, refuses connections, or took too long; the request is not to blame.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeout, DatabaseUnavailable)

#: By the beginning of the SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "53300": "too_many_clients",
    "53100": "disk_full",
    "53200": "out_of_memory",
    "55P03": "locked",
    "40": "locked",
    "57014": "timeout",
    "57P": "down",
    "08": "down",
    "28": "login_refused",
    "3D": "no_such_database",
    "25006": "read_only",
    "58": "disk_fault",
    "XX001": "corrupted",
    "XX002": "corrupted",
}
#: By the primary result code: https://www.sqlite.org/rescode.html
_SQLITE = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_IOERR: "disk_fault",
    sqlite3.SQLITE_CORRUPT: "corrupted",
    sqlite3.SQLITE_NOTADB: "corrupted",
    sqlite3.SQLITE_CANTOPEN: "cannot_open",
    sqlite3.SQLITE_NOMEM: "out_of_memory",
}
#: A connection that is refused has no SQLSTATE, only the text of the server or of libpq. The first that fits counts.
_TEXTS = {
    "too many clients": "too_many_clients",
    "remaining connection slots": "too_many_clients",
    "too many connections": "too_many_clients",
    "authentication failed": "login_refused",
    "no pg_hba.conf entry": "login_refused",
    "does not exist": "no_such_database",
    "timeout": "timeout",
    "timed out": "timeout",
    "connection": "down",
    "starting up": "down",
    "shutting down": "down",
    "could not translate host name": "down",
    "failed to resolve host": "down",
}


def reason_of(error: BaseException) -> str:
    """Why the database is not available, in a word for logs: `disk_full`, `locked`, `too_many_clients`, `down`, …;
    `unknown` if the error does not say."""
    if isinstance(error, DatabaseUnavailable):
        return error.reason
    if isinstance(error, NoTurnToWrite):
        return "locked"
    if isinstance(error, PoolTimeout):
        return "no_free_connection"
    driver: Any = getattr(error, "orig", None) or error
    if (code := getattr(driver, "sqlite_errorcode", None)) is not None:
        return _SQLITE.get(code & 0xFF, "unknown")
    if state := getattr(driver, "sqlstate", None):
        return next((reason for start, reason in _POSTGRESQL.items() if state.startswith(start)), "unknown")
    text = str(driver).lower()
    return next((reason for part, reason in _TEXTS.items() if part in text), "unknown")
