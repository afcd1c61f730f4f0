"""Health checks of what Keydesk depends on."""

from app.domain.errors import SchemaOutdated
from app.layout import COMMAND
from app.store import migrations, outbox, ping
from app.store.outbox import Backlog


def database_answers() -> None:
    """Returns if the database responds and its schema is current. Else raises `SchemaOutdated`, or what SQLAlchemy
    raises."""
    ping.ping()
    if not migrations.is_current():
        raise SchemaOutdated(f"The database schema is not up to date. The operator must run: {COMMAND} init")


def database_seconds() -> float:
    """The time of the database's own clock, in seconds since 1970."""
    return ping.seconds()


def mail_backlog() -> Backlog:
    """The mails that were not sent."""
    return outbox.backlog()
