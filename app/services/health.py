"""Whether what we stand on is there."""

from app.domain.errors import SchemaOutdated
from app.store import migrations, ping


def database_answers() -> None:
    """Raises what the database raises when it does not, and `SchemaOutdated` when its tables are not ours."""
    ping.ping()
    if not migrations.is_current():
        raise SchemaOutdated


def database_seconds() -> float:
    """The database's own clock, in seconds since 1970."""
    return ping.seconds()
