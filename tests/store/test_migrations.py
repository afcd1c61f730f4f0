"""Migrations and models say the same."""

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app import create_app
from app.config import load_settings
from app.extensions import Base, db
from app.store import migrations
from tests import databases


def test_the_migrated_schema_is_the_models(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(app):
    tables = migrations.table_names()
    assert migrations.is_current()
    migrations.upgrade()
    assert migrations.table_names() == tables


OLD_ORGANIZATION = {"id": "org_1", "name": "Acme", "created_at": 0, "cache_generation": 0} | {
    "audit_count": 0,
    "audit_head": "",
}
OLD_KEY_COLUMNS = [
    *("id", "org_id", "digest", "start", "last4", "prefix", "name", "scopes", "created_at"),
    *("last_used_at", "last_used_address", "last_used_agent"),
]
OLD_KEY = ("key_1", "org_1", b"1", "kd_live_12345678", "wxyz", "kd_live_", "CI", "agent:r", 0, 7, "192.0.2.1", None)
NEVER_USED = ("key_2", "org_1", b"2", "kd_live_87654321", "zyxw", "kd_live_", "CI", "agent:r", 0, None, None, None)


def insert_into(connection, table, rows):
    """Each row by the names of its columns, as they were then."""
    names = rows[0]
    statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
    connection.execute(db.text(statement), rows)


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
            insert_into(connection, "organization", [OLD_ORGANIZATION])
            insert_into(
                connection, "api_key", [dict(zip(OLD_KEY_COLUMNS, key, strict=True)) for key in (OLD_KEY, NEVER_USED)]
            )
            columns = ("org_id", "hour", "key_id", "outcome", "requests")
            insert_into(connection, "usage_hour", [dict(zip(columns, count, strict=True)) for count in counts])
        migrations.upgrade()
        with db.engine.connect() as connection:
            kept = connection.execute(db.text("SELECT org_id, hour, key_id, outcome, requests FROM usage_hour"))
            assert sorted(tuple(row) for row in kept) == sorted(counts)
            uses = connection.execute(db.text("SELECT org_id, key_id, at, address, agent FROM last_use"))
            assert [tuple(row) for row in uses] == [("org_1", "key_1", 7, "192.0.2.1", None)]
        databases.dispose()


def test_the_migration_to_credit_entries_by_time_keeps_every_entry(old_database, tmp_path):
    settings = load_settings({"DATABASE_URL": old_database, "SECRET_KEY": databases.SECRET}, instance_path=tmp_path)
    with create_app(settings).app_context():
        flask_migrate.upgrade(revision="0006")
        entries = [{"id": f"crd_{n}", "org_id": "org_1", "at": n, "amount": n, "reason": "a route"} for n in range(9)]
        with db.engine.begin() as connection:
            insert_into(connection, "organization", [OLD_ORGANIZATION])
            insert_into(connection, "credit_entry", entries)
        migrations.upgrade()
        with db.engine.connect() as connection:
            kept = connection.execute(db.text("SELECT id, org_id, at, amount, reason FROM credit_entry ORDER BY at"))
            assert [dict(row) for row in kept.mappings()] == entries
        databases.dispose()


def test_the_migration_to_notices_keeps_mails_that_wait_and_sends_them_in_their_order(old_database, tmp_path):
    settings = load_settings({"DATABASE_URL": old_database, "SECRET_KEY": databases.SECRET}, instance_path=tmp_path)
    with create_app(settings).app_context():
        flask_migrate.upgrade(revision="0012")
        with db.engine.begin() as connection:
            row = {"mail": "sign_in_link", "recipient": "ann@example.com", "created_at": 0, "expires_at": 9}
            rows = [row | {"id": f"mail_{at}", "due_at": at, "attempts": 0} for at in (2, 1)]
            insert_into(connection, "outbox_mail", rows)
        migrations.upgrade()
        with db.engine.connect() as connection:
            query = "SELECT id, mail, priority FROM outbox_mail ORDER BY priority, due_at"
            kept = [tuple(found) for found in connection.execute(db.text(query))]
        assert kept == [("mail_1", "sign_in_link", 0), ("mail_2", "sign_in_link", 0)]
        databases.dispose()


def test_the_migration_to_plain_names_keeps_origins_tokens_and_the_counter(old_database, tmp_path):
    settings = load_settings({"DATABASE_URL": old_database, "SECRET_KEY": databases.SECRET}, instance_path=tmp_path)
    with create_app(settings).app_context():
        flask_migrate.upgrade(revision="0004")
        with db.engine.begin() as connection:
            for table, values in (
                ("organization", OLD_ORGANIZATION | {"rights_revision": 41}),
                ("person", {"id": "usr_1", "email": "you@example.com", "created_at": 0}),
                ("api_key", dict(zip(OLD_KEY_COLUMNS[:9], OLD_KEY[:9], strict=True)) | {"door": "sign_up"}),
                ("rights_revision", {"id": 1, "revision": 42}),
                (
                    "agent_session",
                    {"id": "tok_1", "person_id": "usr_1", "digest": b"2", "created_at": 3, "expires_at": 4},
                ),
            ):
                insert_into(connection, table, [values])
        migrations.upgrade()
        with db.engine.connect() as connection:
            found = [
                tuple(connection.execute(db.text(query)).one())
                for query in (
                    "SELECT origin FROM api_key",
                    "SELECT revocation_revision FROM organization",
                    "SELECT id, revision FROM revocation_counter",
                    "SELECT id, person_id, created_at, expires_at FROM agent_session_token",
                )
            ]
        assert found == [("sign_up",), (41,), (1, 42), ("tok_1", "usr_1", 3, 4)]
        databases.dispose()


@pytest.mark.parametrize(("organizations", "counters", "after"), [(1, 1, [(42, 110)]), (1, 0, [(0, 110)]), (0, 0, [])])
def test_the_migration_to_shorter_waits_keeps_the_longer_one_where_servers_may_run(
    old_database, tmp_path, organizations, counters, after
):
    settings = load_settings({"DATABASE_URL": old_database, "SECRET_KEY": databases.SECRET}, instance_path=tmp_path)
    with create_app(settings).app_context():
        flask_migrate.upgrade(revision="0006")
        with db.engine.begin() as connection:
            if organizations:
                insert_into(connection, "organization", [OLD_ORGANIZATION])
            if counters:
                insert_into(connection, "revocation_counter", [{"id": 1, "revision": 42}])
        migrations.upgrade()
        with db.engine.connect() as connection:
            found = connection.execute(db.text("SELECT revision, settle_ms FROM revocation_counter"))
            assert [tuple(row) for row in found] == after
        databases.dispose()


def test_the_migration_to_owners_gives_each_key_to_whoever_created_it(old_database, tmp_path):
    settings = load_settings({"DATABASE_URL": old_database, "SECRET_KEY": databases.SECRET}, instance_path=tmp_path)
    with create_app(settings).app_context():
        flask_migrate.upgrade(revision="0012")
        columns, created_by = [*OLD_KEY_COLUMNS[:9], "created_by"], ("usr_1", None)
        rows = [(*key[:9], maker) for key, maker in zip((OLD_KEY, NEVER_USED), created_by, strict=True)]
        with db.engine.begin() as connection:
            insert_into(connection, "organization", [OLD_ORGANIZATION])
            insert_into(connection, "person", [{"id": "usr_1", "email": "you@example.com", "created_at": 0}])
            insert_into(connection, "api_key", [dict(zip(columns, row, strict=True)) for row in rows])
        migrations.upgrade()
        with db.engine.connect() as connection:
            kept = connection.execute(db.text("SELECT id, created_by, owner_id FROM api_key ORDER BY id"))
            assert [tuple(row) for row in kept] == [("key_1", "usr_1", "usr_1"), ("key_2", None, None)]
        databases.dispose()
