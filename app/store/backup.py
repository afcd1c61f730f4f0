"""Copies of the whole database."""

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
    """The copy could not be made, or is not whole; the text says why."""


def to_file(url: str, file: Path, progress: Progress) -> None:
    try:
        # Made with its mode before anything is in it.
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
        # The roles of the machine that it comes from need not be there.
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
            # Not to be had while a server has the file open, and asked for first, so that nothing has changed then.
            writing.execute("PRAGMA journal_mode = DELETE")
            # A snapshot: otherwise the copy would begin anew whenever the server writes, and under load never end.
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
            reading.backup(writing, pages=PAGES_A_STEP, progress=step)
            # One file, without a log beside it.
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
        raise BackupError(f"{file} is no database: {error}") from error
    if found != "ok":
        raise BackupError(f"{file} is damaged: {found}")
    if "api_key" not in tables:
        raise BackupError(f"{file} is no database of Keydesk")


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _check_dump(file: Path) -> None:
    """Reads the whole file: its table of contents would be there even if the rest was cut off."""
    if " api_key " not in _run("pg_restore", "--list", str(file)):
        raise BackupError(f"{file} is no database of Keydesk")
    _run("pg_restore", "--file=/dev/null", str(file))


def _run(program: str, *arguments: str, password: str | None = None) -> str:
    """What it printed. A password goes through the environment: everybody on the machine can read arguments."""
    if shutil.which(program) is None:
        raise BackupError(f"{program} is not installed here (Debian: apt-get install postgresql-client)")
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, env=environment)  # noqa: S603 -- our own words
    if done.returncode != 0:
        raise BackupError(f"{program}: {done.stderr.strip()}")
    return done.stdout


def _libpq(url: str) -> tuple[str, str | None]:
    """The database's address as libpq reads it, and its password apart."""
    parts = make_url(url)
    address = parts.set(drivername="postgresql", password=None).render_as_string()
    return f"--dbname={address}", parts.password if isinstance(parts.password, str) else None
