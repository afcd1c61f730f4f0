"""Copies of the whole database: to a file, and back from it."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from app.extensions import db

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
            address, password = _libpq(url)
            _run("pg_dump", "--format=custom", f"--file={file}", address, password=password)
            _check_dump(file)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    progress(100)


def from_file(url: str, file: Path, progress: Progress) -> None:
    db.engine.dispose()
    if url.startswith("sqlite"):
        _check(file)
        _copy(file, _path(url), progress)
    else:
        _check_dump(file)
        address, password = _libpq(url)
        # The roles of the original server may not exist here.
        how = ("--clean", "--if-exists", "--no-owner", "--single-transaction")
        _run("pg_restore", *how, address, str(file), password=password)
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


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _check_dump(file: Path) -> None:
    """Reads the whole file: its table of contents would be intact even if the rest was cut off."""
    if " api_key " not in _run("pg_restore", "--list", str(file)):
        raise BackupError(f"{file} is not a Keydesk database")
    _run("pg_restore", "--file=/dev/null", str(file))


def _run(program: str, *arguments: str, password: str | None = None) -> str:
    """The output of a program. The password is passed in the environment, because every user of the machine can read
    arguments. Raises `BackupError`."""
    if shutil.which(program) is None:
        raise BackupError(f"{program} is not installed (on Debian: apt-get install postgresql-client)")
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, env=environment)  # noqa: S603 -- our own arguments
    if done.returncode != 0:
        raise BackupError(f"{program}: {done.stderr.strip()}")
    return done.stdout


def _libpq(url: str) -> tuple[str, str | None]:
    """The database URL as an argument for PostgreSQL's programs, and the password separately."""
    parts = make_url(url)
    address = parts.set(drivername="postgresql", password=None).render_as_string()
    return f"--dbname={address}", parts.password if isinstance(parts.password, str) else None
