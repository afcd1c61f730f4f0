"""A server holds its SQLite file, and leaves off if the file is lost (docs/adr/0028-lost-database.md)."""

from contextlib import suppress

from app.store import database_file
from app.store.database_file import DatabaseGone, Loss, hold, loss

__all__ = ["WATCH_SECONDS", "DatabaseGone", "Loss", "hold", "loss", "watch"]

#: How often a process looks that serves nobody at the moment. Others also look after each commit, and when they renew
#: the lease.
WATCH_SECONDS = 0.25


def watch() -> None:
    """Looks whether the file is still there. `hold` has said whom to tell if it is not."""
    with suppress(DatabaseGone):
        database_file.check()
