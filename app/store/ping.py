"""Small queries about the database itself: whether it responds, what time it has, whether its file is whole."""

from sqlalchemy import select, text

from app.extensions import db
from app.store import engine
from app.store.keys import ApiKey


def ping() -> None:
    db.session.execute(text("SELECT 1")).scalar_one()


def read_a_key() -> None:
    """Reads a row of the table of keys. A database that responds may still not have it, or not be able to read it."""
    db.session.execute(select(ApiKey.id, ApiKey.name).limit(1)).first()


def damage() -> str | None:
    """What SQLite finds wrong with its file, or None. Reads the whole file: a second for each gigabyte, or longer.
    PostgreSQL has no such check."""
    if db.engine.dialect.name != "sqlite":
        return None
    found = str(db.session.execute(text("PRAGMA quick_check(1)")).scalar_one())
    return None if found == "ok" else found


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
