"""What the database's absence looks like."""

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

#: The server is gone, refuses, or took too long; not a fault of the request.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeout)
