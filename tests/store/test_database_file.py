"""An SQLite file that is removed or replaced while it is open, and what looks like it but is not."""

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest
from sqlalchemy import text

from app.extensions import db
from app.services.database_file import watch
from app.store import backup, database_file, revocation_counter
from app.store.database_errors import DATABASE_UNAVAILABLE, DatabaseUnavailable
from app.store.database_file import DatabaseGone
from app.store.transaction import transaction
from tests import databases

pytestmark = [pytest.mark.databases("sqlite"), pytest.mark.own_app]


@pytest.fixture
def told(app):
    """How often the server was told of a loss. The file is held as by a server."""
    told = []
    database_file.hold(lambda: told.append(1))
    yield told
    database_file.let_go()


@pytest.fixture
def file(app, settings):
    return Path(settings.database_url.removeprefix("sqlite:///"))


def log_of(file):
    return file.with_name(f"{file.name}-wal")


COUNT = text(
    "INSERT INTO revocation_counter (id, revision, settle_ms) VALUES (1, 1, 1)"
    " ON CONFLICT (id) DO UPDATE SET settle_ms = settle_ms + 1"
)


def commit():
    with transaction():
        db.session.execute(COUNT)


def elsewhere(file, *statements):
    """Runs SQL in another process, which then closes its only connection."""
    code = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    code += "for s in sys.argv[2:]: c.execute(s).fetchall()\nc.close()"
    subprocess.run([sys.executable, "-c", code, file, *statements], check=True)


def test_maintenance_is_no_loss(told, file, tmp_path):
    commit()
    elsewhere(file, "SELECT 1 FROM api_key")
    elsewhere(file, "VACUUM", f"VACUUM INTO '{tmp_path}/into.db'", "PRAGMA wal_checkpoint(TRUNCATE)")
    database_file.check()
    commit()
    backup.to_file(f"sqlite:///{file}", tmp_path / "copy.db", lambda _percent: None)
    database_file.check()
    # An idle pool: every other connection of the process is closed.
    db.session.remove()
    db.engine.dispose()
    elsewhere(file, "SELECT 1 FROM api_key", "PRAGMA wal_checkpoint(TRUNCATE)")
    commit()
    # As Litestream does: it keeps a read transaction open, copies the log, and checkpoints.
    with closing(sqlite3.connect(file, isolation_level=None)) as copying:
        copying.execute("BEGIN")
        copying.execute("SELECT count(*) FROM api_key").fetchone()
        commit()
        shutil.copy(log_of(file), tmp_path / "segment")
        copying.execute("COMMIT")
        copying.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
    commit()
    assert told == []


def remove(file):
    file.unlink()


def replace_by_a_copy(file):
    shutil.copy(file, file.with_name("copy"))
    file.with_name("copy").rename(file)


def move_away(file):
    file.rename(file.with_name("moved"))


def remove_all(file):
    file.unlink()
    log_of(file).unlink()


def remove_the_log(file):
    log_of(file).unlink()


def replace_the_log(file):
    shutil.copy(log_of(file), file.with_name("copy"))
    file.with_name("copy").rename(log_of(file))


def remove_the_index(file):
    """Whoever opens the file next would make another one, and see none of our locks."""
    file.with_name(f"{file.name}-shm").unlink()


@pytest.mark.parametrize(
    "do", [remove, replace_by_a_copy, move_away, remove_all, remove_the_log, replace_the_log, remove_the_index]
)
def test_a_lost_file_is_told_once_and_nothing_is_acknowledged_afterwards(told, file, do):
    commit()
    do(file)
    with pytest.raises(DatabaseGone):
        commit()
    with pytest.raises(DATABASE_UNAVAILABLE):
        commit()
    assert told == [1]
    assert database_file.is_lost()


def test_a_server_is_not_ready_without_its_file(told, file, app):
    assert app.test_client().get("/readyz").status_code == 200
    remove(file)
    assert app.test_client().get("/readyz").status_code == 503
    assert told == [1]


def test_a_commit_that_went_into_a_lost_file_is_not_acknowledged(told, file):
    def commit_while_it_is_removed():
        with transaction():
            db.session.execute(COUNT)
            file.unlink()

    with pytest.raises(DatabaseGone):
        commit_while_it_is_removed()
    assert told == [1]


def content_alone(file):
    """What is in the file without any log or index, as after a restart."""
    alone = file.with_name("alone.db")
    shutil.copy(file, alone)
    with closing(sqlite3.connect(alone)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute("SELECT settle_ms FROM revocation_counter").fetchone()


def test_what_a_removed_log_held_is_copied_into_the_file_once(told, file, caplog):
    commit()
    commit()
    remove_the_log(file)
    watch()
    watch()
    assert told == [1]
    assert content_alone(file) == (2,)
    assert [record.message for record in caplog.records] == [
        "what the removed write-ahead log held is in the database file now; nothing is lost"
    ]


def test_a_rescue_says_if_an_earlier_snapshot_does_not_end(told, file, caplog, monkeypatch):
    monkeypatch.setattr(database_file, "RESCUE_SECONDS", 0.1)
    commit()
    with closing(sqlite3.connect(file, isolation_level=None)) as reading:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM api_key").fetchone()
        commit()
        remove_the_log(file)
        watch()
    assert "could not be copied" in caplog.text
    watch()
    assert len(caplog.records) == 1


def test_a_rescue_waits_for_an_earlier_snapshot_that_ends(told, file):
    commit()
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as reading:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM api_key").fetchone()
        commit()
        remove_the_log(file)
        ending = Timer(0.2, reading.execute, ("COMMIT",))
        ending.start()
        watch()
        ending.join()
    assert content_alone(file) == (2,)


@pytest.mark.parametrize("do", [remove, remove_all, replace_by_a_copy, replace_the_log])
def test_nothing_is_rescued_into_another_file_or_beside_another_log(told, file, do):
    commit()
    do(file)
    before = file.read_bytes() if file.exists() else None
    watch()
    assert told == [1]
    assert (file.read_bytes() if file.exists() else None) == before


def is_opened(file):
    return any(each.resolve() == file.resolve() for each in Path("/proc/self/fd").iterdir())


def test_the_file_is_opened_when_it_is_needed_and_anew_in_a_forked_process(told, file):
    databases.dispose()
    assert not database_file.is_lost()
    watch()
    assert not is_opened(file)
    commit()
    held = database_file._held[db.engine]
    assert held.is_open
    child = os.fork()
    if child == 0:
        was_open = held.is_open
        database_file.check()
        os._exit(0 if not was_open and held.is_open and not database_file.is_lost() else 1)
    assert os.waitpid(child, 0)[1] == 0
    database_file.check()
    commit()
    assert told == []


def test_a_file_that_cannot_be_opened_is_no_loss(told, file):
    databases.dispose()
    moved = file.rename(file.with_name("moved"))
    with pytest.raises(DatabaseUnavailable, match="SQLITE_CANTOPEN"):
        commit()
    moved.rename(file)
    commit()
    assert told == []


def test_a_disk_that_fails_for_a_moment_is_no_loss(told, monkeypatch):
    commit()
    with monkeypatch.context() as patch:
        patch.setattr("app.store.database_file.os.stat", lambda _path: fail())
        with pytest.raises(DatabaseUnavailable, match="Input/output error"):
            commit()
        assert not database_file.is_lost()
    commit()
    assert told == []


def fail():
    raise OSError(errno.EIO, "Input/output error")


def test_no_connection_is_opened_to_what_is_at_the_path_now(told, file):
    database_file.check()
    db.session.remove()
    db.engine.dispose()
    file.unlink()
    with pytest.raises(DatabaseGone):
        revocation_counter.settle_seconds()
    assert not file.exists()


def test_the_renewal_of_the_lease_looks_ten_times_a_second_at_most(told, file, runtime, monkeypatch):
    looked, stat = [], os.stat
    runtime.key_records.revision()
    monkeypatch.setattr("app.store.database_file.os.stat", lambda path: looked.append(path) or stat(path))
    monkeypatch.setattr("app.store.database_file.time.monotonic", lambda: now)
    held = database_file._held[db.engine]
    now = held._checked_at
    for _ in range(80):
        now += 1 / 80
        runtime.key_records.revision()
    assert 3 * 8 <= len(looked) <= 3 * 10
    file.unlink()
    now += 0.1
    with pytest.raises(DatabaseGone):
        runtime.key_records.revision()


def test_postgresql_has_no_file_to_hold(app, monkeypatch):
    monkeypatch.setattr(db.engine.dialect, "name", "postgresql")
    database_file.hold(print)
    assert not database_file.is_lost()
    assert db.engine not in database_file._held
