"""Health checks of what Keydesk depends on."""

from app.config.installation import COMMAND
from app.domain.errors import SchemaOutdated
from app.store import database_file, migrations, outbox, ping
from app.store.outbox import Backlog


def database_answers() -> None:
    """Returns if the database responds and is the one that was opened, its schema is current and a key can be read.
    Else raises `SchemaOutdated`, or one of `DATABASE_UNAVAILABLE`."""
    # An open connection responds although its file is gone.
    database_file.check()
    ping.ping()
    if not migrations.is_current():
        raise SchemaOutdated(f"The database schema is not up to date. The operator must run: {COMMAND} init")
    ping.read_a_key()


def database_damage() -> str | None:
    """What is wrong with the database's file, or None."""
    return ping.damage()


def database_seconds() -> float:
    """The time of the database's own clock, in seconds since 1970."""
    return ping.seconds()


def mail_backlog() -> Backlog:
    """The mails that were not sent."""
    return outbox.backlog()
