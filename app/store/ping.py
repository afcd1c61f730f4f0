"""The smallest possible queries: whether the database responds, and what time it has."""

from sqlalchemy import text

from app.extensions import db
from app.store import engine


def ping() -> None:
    db.session.execute(text("SELECT 1")).scalar_one()


def connections() -> tuple[int, int, int]:
    """The engine's, as `engine.connections` counts them."""
    return engine.connections(db.engine)


def seconds() -> float:
    """The time of the database's clock, in seconds since 1970. SQLite's clock is this machine's."""
    is_postgresql = db.engine.dialect.name == "postgresql"
    # Computed from Julian days, because SQLite before 3.42 has no seconds since 1970 with fractions.
    sqlite = "SELECT (julianday('now') - 2440587.5) * 86400"
    query = "SELECT extract(epoch FROM clock_timestamp())" if is_postgresql else sqlite
    return float(db.session.execute(text(query)).scalar_one())
