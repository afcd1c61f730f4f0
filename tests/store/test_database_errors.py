"""Why a database is not available, as the real ones say it."""

import sqlite3
from contextlib import closing

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.store.database_errors import DatabaseUnavailable, NoTurnToWrite, reason_of


def refused(database, **changed):
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(psycopg.conninfo.make_conninfo(database.replace("+psycopg", ""), **changed))
    return reason_of(OperationalError("SELECT 1", None, caught.value))


@pytest.mark.databases("postgresql")
def test_of_a_postgresql_that_refuses_a_connection(database):
    assert refused(database, dbname="nobody") == "no_such_database"
    assert refused(database, host="127.0.0.1", port="1") == "down"
    assert refused(database, host="/nowhere") == "down"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errors.TooManyConnections(), "too_many_clients"),
        (errors.DiskFull(), "disk_full"),
        (errors.LockNotAvailable(), "locked"),
        (errors.DeadlockDetected(), "locked"),
        (errors.QueryCanceled(), "timeout"),
        (errors.AdminShutdown(), "down"),
        (errors.ReadOnlySqlTransaction(), "read_only"),
        (psycopg.OperationalError("FATAL:  sorry, too many clients already"), "too_many_clients"),
        (psycopg.OperationalError("the database system is starting up"), "down"),
        (psycopg.OperationalError("what nobody foresaw"), "unknown"),
        (PoolTimeout("QueuePool limit"), "no_free_connection"),
        (NoTurnToWrite(), "locked"),
        (DatabaseUnavailable("OperationalError", "disk_full"), "disk_full"),
    ],
)
def test_of_what_they_raise(error, reason):
    assert reason_of(error) == reason


def sqlite_error(connection, statement):
    with pytest.raises(sqlite3.DatabaseError) as caught:
        connection.execute(statement)
    return reason_of(caught.value)


def test_of_sqlite(tmp_path):
    file = tmp_path / "a.db"
    with (
        closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as one,
        closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other,
    ):
        one.execute("CREATE TABLE a (b)")
        one.execute("BEGIN IMMEDIATE")
        assert sqlite_error(other, "BEGIN IMMEDIATE") == "locked"
        one.execute("ROLLBACK")
        one.execute("PRAGMA max_page_count = 2")
        assert sqlite_error(one, "INSERT INTO a VALUES (zeroblob(1000000))") == "disk_full"
        one.execute("PRAGMA query_only = ON")
        assert sqlite_error(one, "INSERT INTO a VALUES (1)") == "read_only"
        assert sqlite_error(one, "SELECT * FROM nothing") == "unknown"
    with closing(sqlite3.connect(file)) as broken:
        file.write_bytes(b"not a database" * 100)
        assert sqlite_error(broken, "SELECT * FROM a") == "corrupted"
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(tmp_path / "no" / "folder.db")
    assert reason_of(caught.value) == "cannot_open"
