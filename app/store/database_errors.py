"""The errors that mean that the database is not available."""

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class DatabaseUnavailable(Exception):
    """A read without a session failed, or must not be tried now; the text says why."""


#: The server is down, refuses connections, or took too long; the request is not to blame.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeout, DatabaseUnavailable)
