"""The tables and their migrations."""

import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import inspect

from app.extensions import db

# Tables that only background jobs use: without their models the schema would not be whole.
from app.store import expiry_notices as _  # noqa: F401


def upgrade() -> None:
    """Runs the migrations that the database does not have yet."""
    flask_migrate.upgrade()


def is_current() -> bool:
    """Whether the database is at the newest migration."""
    with db.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    directory = current_app.extensions["migrate"].directory
    return found == ScriptDirectory(directory).get_current_head()


def exists(revision: str) -> bool:
    """Whether this is one of our migrations. One that is not comes from a newer Keydesk."""
    directory = current_app.extensions["migrate"].directory
    return revision in {script.revision for script in ScriptDirectory(directory).walk_revisions()}


def table_names() -> set[str]:
    return set(inspect(db.engine).get_table_names())
