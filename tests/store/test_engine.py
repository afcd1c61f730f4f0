"""How each database is spoken to."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.extensions import db
from app.store.transaction import transaction
from tests.databases import statements


@pytest.mark.databases("sqlite")
def test_sqlite_is_opened_for_durability(app):
    pragmas = {
        name: db.session.execute(text(f"PRAGMA {name}")).scalar_one()
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


@pytest.mark.databases("postgresql")
def test_postgresql_ends_what_takes_too_long(app):
    limits = {
        name: db.session.execute(text(f"SHOW {name}")).scalar_one()
        for name in ("statement_timeout", "idle_in_transaction_session_timeout")
    }
    assert limits == {"statement_timeout": "10s", "idle_in_transaction_session_timeout": "15s"}


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
