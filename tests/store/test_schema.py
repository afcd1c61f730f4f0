"""Migrations and models say the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app.extensions import Base, db
from app.store import schema


def test_the_migrated_schema_is_the_models(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(app):
    tables = schema.table_names()
    assert schema.is_current()
    schema.upgrade()
    assert schema.table_names() == tables
