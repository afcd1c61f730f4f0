"""Copies of the whole database: to a file, and back from it."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import make_url

from app.extensions import db
from app.store import migrations

Progress = Callable[[int], None]
PAGES_A_STEP = 500


class BackupError(Exception):
    """The copy could not be made, or is damaged; the text says why."""


def to_file(url: str, file: Path, progress: Progress) -> None:
    try:
        # Created with its mode before anything is written to it.
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror}") from error
    try:
        if url.startswith("sqlite"):
            _copy(_path(url), file, progress)
            _check(file)
        else:
            with _libpq(url) as (database, environment):
                _run("pg_dump", "--format=custom", f"--file={file}", database, **environment)
            _check_dump(file)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    progress(100)


def from_file(url: str, file: Path, progress: Progress) -> None:
    db.engine.dispose()
    if url.startswith("sqlite"):
        _check(file)
        _refuse_newer(file, _revisions(file))
        _copy(file, _path(url), progress)
    else:
        _check_dump(file)
        _refuse_newer(file, _dumped_revisions(file))
        # The roles of the original server may not exist here.
        how = ("--clean", "--if-exists", "--no-owner", "--single-transaction")
        with _libpq(url) as (database, environment):
            _run("pg_restore", *how, database, str(file), **environment)
    progress(100)


def _copy(source: Path, target: Path, progress: Progress) -> None:
    def step(_status: int, remaining: int, total: int) -> None:
        progress(100 * (total - remaining) // max(total, 1))

    try:
        with (
            closing(sqlite3.connect(source, isolation_level=None)) as reading,
            closing(sqlite3.connect(target)) as writing,
        ):
            # Fails while a server has the file open. It comes first, so that nothing has changed by then.
            writing.execute("PRAGMA journal_mode = DELETE")
            # Reads a snapshot: else the copy would start over whenever the server writes, and never end under load.
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
            reading.backup(writing, pages=PAGES_A_STEP, progress=step)
            # Leaves one file, without a write-ahead log beside it.
            writing.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        held = error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
        raise BackupError(f"The copy failed: {error}{'. Stop the server first.' if held else ''}") from error


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error as error:
        raise BackupError(f"{file} is not a SQLite database: {error}") from error
    if found != "ok":
        raise BackupError(f"{file} is damaged: {found}")
    if "api_key" not in tables:
        raise BackupError(f"{file} is not a Keydesk database")


def _revisions(file: Path) -> list[str]:
    """The migrations that an SQLite copy is at: one, in a copy that is whole."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return [str(revision) for (revision,) in connection.execute("SELECT version_num FROM alembic_version")]
    except sqlite3.Error as error:
        raise BackupError(f"{file} does not say which migration it is at: {error}") from error


def _dumped_revisions(file: Path) -> list[str]:
    """The migrations that a dump is at: the rows between `COPY` and `\\.`."""
    script = _run("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(file))
    _, _, rows = script.partition("FROM stdin;\n")
    return rows.partition("\\.\n")[0].split()


def _refuse_newer(file: Path, revisions: list[str]) -> None:
    """Raises `BackupError` for a copy that these migrations cannot bring up to date."""
    if len(revisions) != 1:
        raise BackupError(f"{file} does not say which migration it is at; the database is unchanged")
    if not migrations.exists(revisions[0]):
        raise BackupError(
            f"{file} was made by a newer Keydesk (migration {revisions[0]}); the database is unchanged."
            " Install that version, and restore with it."
        )


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _check_dump(file: Path) -> None:
    """Reads the whole file: its table of contents would be intact even if the rest was cut off."""
    if " api_key " not in _run("pg_restore", "--list", str(file)):
        raise BackupError(f"{file} is not a Keydesk database")
    _run("pg_restore", "--file=/dev/null", str(file))


def _run(program: str, *arguments: str, **environment: str) -> str:
    """The output of a program. `environment`: variables for it, in addition to ours. Raises `BackupError`."""
    if shutil.which(program) is None:
        raise BackupError(f"{program} is not installed (on Debian: apt-get install postgresql-client)")
    done = subprocess.run(  # noqa: S603 -- our own arguments
        [program, *arguments], capture_output=True, text=True, check=False, env=os.environ | environment
    )
    if done.returncode != 0:
        raise BackupError(f"{program}: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def _libpq(url: str) -> Iterator[tuple[str, dict[str, str]]]:
    """How PostgreSQL's programs connect as Keydesk does: an argument, and variables of the environment.

    Every user of the machine can read arguments, so the argument only names an entry of a service file, which only we
    can read (https://www.postgresql.org/docs/current/libpq-pgservice.html). The password is a variable, because a line
    of that file loses blanks at its end.
    """
    options = _connection_options(url)
    if "service" in options:
        raise BackupError("DATABASE_URL names a service: write its host, port and database into the URL instead")
    password = options.pop("password", None)
    with TemporaryDirectory(prefix="keydesk-") as folder:
        file = Path(folder, "pg_service.conf")
        file.touch(mode=0o600)
        file.write_text("\n".join(["[keydesk]", *(f"{name}={value}" for name, value in options.items()), ""]))
        environment = {"PGSERVICEFILE": str(file)} | ({} if password is None else {"PGPASSWORD": str(password)})
        yield "--dbname=service=keydesk", environment


def _connection_options(url: str) -> dict[str, Any]:
    """The options with which SQLAlchemy connects to this URL, under their names in libpq."""
    parts = make_url(url)
    _, options = parts.get_dialect()().create_connect_args(parts)
    return dict(options)
