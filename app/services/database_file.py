"""A server holds its SQLite file, and leaves off if the file is lost (docs/adr/0028-lost-database.md)."""

import logging

from app.store import database_file
from app.store.database_file import DatabaseGone, hold, is_lost

__all__ = ["WATCH_SECONDS", "DatabaseGone", "hold", "is_lost", "watch"]

log = logging.getLogger("keydesk")

#: How often a process looks that serves nobody at the moment. Others also look after each commit, and when they renew
#: the lease.
WATCH_SECONDS = 0.25


def watch() -> None:
    """Looks whether the file is still there; `hold` has said whom to tell if it is not. If only the write-ahead log was
    removed, what it held is copied into the file."""
    if not is_lost():
        return
    rescued = database_file.rescue()
    if rescued:
        log.warning("what the removed write-ahead log held is in the database file now; nothing is lost")
    elif rescued is False:
        log.critical(
            "what the removed write-ahead log held could not be copied into the database file: restore a backup"
        )
