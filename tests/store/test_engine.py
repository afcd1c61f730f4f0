"""How each database is spoken to."""

import os
import sqlite3
import stat
from contextlib import closing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import create_app
from app.config import load_settings
from app.extensions import db
from app.store.transaction import transaction
from tests.databases import SECRET, dispose, statements


@pytest.mark.databases("sqlite")
def test_sqlite_is_opened_for_durability(app):
    pragmas = {
        name: db.session.execute(text(f"PRAGMA {name}")).scalar_one()
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


@pytest.fixture
def modes_in_use(tmp_path):
    """The permissions of a database and of what SQLite keeps beside it, while it is open and was written to."""

    def modes_in_use(file):
        url = f"sqlite:///{file}"
        settings = load_settings({"DATABASE_URL": url, "SECRET_KEY": SECRET}, instance_path=tmp_path)
        with create_app(settings).app_context():
            with transaction():
                db.session.execute(text("CREATE TABLE IF NOT EXISTS note (text)"))
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in file.parent.glob(f"{file.name}*")}
            dispose()
        return modes

    previous = os.umask(0o022)
    yield modes_in_use
    os.umask(previous)


PRIVATE = dict.fromkeys(("keys.db", "keys.db-wal", "keys.db-shm"), 0o600)


def test_a_new_sqlite_file_is_private_in_a_folder_that_everybody_may_enter(tmp_path, modes_in_use):
    tmp_path.chmod(0o777)
    assert modes_in_use(tmp_path / "keys.db") == PRIVATE


def test_a_sqlite_file_that_others_could_read_becomes_private_with_its_log(tmp_path, modes_in_use):
    file = tmp_path / "keys.db"
    with closing(sqlite3.connect(file)) as left_open:
        left_open.execute("PRAGMA journal_mode = WAL")
        left_open.execute("CREATE TABLE note (text)")
        for each in (file, tmp_path / "keys.db-wal", tmp_path / "keys.db-shm"):
            each.chmod(0o644)
        assert modes_in_use(file) == PRIVATE


@pytest.mark.databases("postgresql")
def test_postgresql_ends_what_takes_too_long(app):
    limits = {
        name: db.session.execute(text(f"SHOW {name}")).scalar_one()
        for name in ("statement_timeout", "idle_in_transaction_session_timeout")
    }
    assert limits == {"statement_timeout": "10s", "idle_in_transaction_session_timeout": "15s"}


@pytest.mark.databases("postgresql")
def test_postgresql_plans_a_statement_for_its_values_however_often_it_is_executed(app):
    db.session.execute(text("CREATE TEMP TABLE one_rare (kind TEXT)"))
    db.session.execute(text("INSERT INTO one_rare SELECT 'common' FROM generate_series(1, 10000)"))
    db.session.execute(text("INSERT INTO one_rare VALUES ('rare')"))
    db.session.execute(text("CREATE INDEX ON one_rare (kind)"))
    db.session.execute(text("ANALYZE one_rare"))
    db.session.execute(text("PREPARE of_kind (TEXT) AS SELECT count(*) FROM one_rare WHERE kind = $1"))
    for _ in range(10):
        db.session.execute(text("EXECUTE of_kind('common')"))
    assert "'rare'" in str(db.session.execute(text("EXPLAIN EXECUTE of_kind('rare')")).all())


def test_an_error_does_not_show_the_values_of_its_statement(app):
    with pytest.raises(DBAPIError) as failed:
        db.session.execute(text("SELECT :secret FROM no_such_table"), {"secret": "whk_secret"})
    assert "no_such_table" in str(failed.value)
    assert "whk_secret" not in str(failed.value)


@pytest.mark.databases("sqlite")
def test_a_writer_takes_its_turn_before_it_reads_and_a_reader_takes_none(app, org):
    """Otherwise what it read could be old by the time it writes, and SQLite would refuse it at once."""
    with statements() as sent:
        db.session.execute(text("SELECT 1"))
        with transaction():
            pass
    assert [sql for sql in sent if sql.startswith("BEGIN")] == ["BEGIN DEFERRED", "BEGIN IMMEDIATE"]
