"""Migrations and models say the same."""

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app import create_app
from app.config import load_settings
from app.extensions import Base, db
from app.store import schema
from tests import databases


def test_the_migrated_schema_is_the_models(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(app):
    tables = schema.table_names()
    assert schema.is_current()
    schema.upgrade()
    assert schema.table_names() == tables


OLD_ORGANIZATION = ("org_1", "Acme", 0, 0, 0, "")
OLD_KEY_COLUMNS = (
    "id, org_id, digest, start, last4, prefix, name, scopes, created_at, "
    "last_used_at, last_used_address, last_used_agent"
)
OLD_KEY = ("key_1", "org_1", b"1", "kd_live_12345678", "wxyz", "kd_live_", "CI", "agent:r", 0, 7, "192.0.2.1", None)
NEVER_USED = ("key_2", "org_1", b"2", "kd_live_87654321", "zyxw", "kd_live_", "CI", "agent:r", 0, None, None, None)


@pytest.fixture
def old_database(request, database, tmp_path):
    """The URL of an empty database that no migration has seen."""
    if database.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'old.db'}"
    return request.getfixturevalue("postgresql").create_database()


def test_the_migration_to_cheaper_counts_keeps_every_count_and_every_last_use(old_database, tmp_path):
    settings = load_settings({"DATABASE_URL": old_database, "SECRET_KEY": databases.SECRET}, instance_path=tmp_path)
    with create_app(settings).app_context():
        flask_migrate.upgrade(revision="0003")
        counts = [
            ("org_1", 3_600_000_000 * hour, "key_1", outcome, hour + 1)
            for hour in range(50, 0, -1)
            for outcome in ("VALID", "REVOKED")
        ]
        with db.engine.begin() as connection:
            for table, columns, rows in (
                ("organization", "id, name, created_at, cache_generation, audit_count, audit_head", [OLD_ORGANIZATION]),
                ("api_key", OLD_KEY_COLUMNS, [OLD_KEY, NEVER_USED]),
                ("usage_hour", "org_id, hour, key_id, outcome, requests", counts),
            ):
                names = [name.strip() for name in columns.split(",")]
                values = ", ".join(f":{name}" for name in names)
                statement = db.text(f"INSERT INTO {table} ({columns}) VALUES ({values})")
                connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])
        schema.upgrade()
        with db.engine.connect() as connection:
            kept = connection.execute(db.text("SELECT org_id, hour, key_id, outcome, requests FROM usage_hour"))
            assert sorted(tuple(row) for row in kept) == sorted(counts)
            uses = connection.execute(db.text("SELECT org_id, key_id, at, address, agent FROM last_use"))
            assert [tuple(row) for row in uses] == [("org_1", "key_1", 7, "192.0.2.1", None)]
        databases.dispose()
