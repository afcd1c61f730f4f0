"""What the database's absence looks like."""

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class DatabaseUnavailable(Exception):
    """A read past the session found no database; the text is the driver's name for it."""


#: The server is gone, refuses, or took too long; not a fault of the request.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeout, DatabaseUnavailable)
