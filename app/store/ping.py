"""The smallest question to the database."""

from sqlalchemy import text

from app.extensions import db


def ping() -> None:
    db.session.execute(text("SELECT 1")).scalar_one()


def seconds() -> float:
    """The database's clock, in seconds since 1970. SQLite's is this machine's."""
    is_postgresql = db.engine.dialect.name == "postgresql"
    # In Julian days, because SQLite before 3.42 tells the seconds of 1970 without their fractions.
    sqlite = "SELECT (julianday('now') - 2440587.5) * 86400"
    query = "SELECT extract(epoch FROM clock_timestamp())" if is_postgresql else sqlite
    return float(db.session.execute(text(query)).scalar_one())
