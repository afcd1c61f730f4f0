"""INSERT … ON CONFLICT, which SQLAlchemy has for each dialect separately."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from app.extensions import db


def insert(table: Any) -> Any:
    """An INSERT into a model or table, with the methods `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(table)
