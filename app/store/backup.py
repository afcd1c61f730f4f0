"""Copies of the whole database."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from app.extensions import db

Progress = Callable[[int], None]
PAGES_A_STEP = 500


class BackupError(Exception):
    """The copy could not be made, or is not whole; the text says why."""


def to_file(url: str, file: Path, progress: Progress) -> None:
    # Made with its mode before anything is in it.
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        if url.startswith("sqlite"):
            _copy(_path(url), file, progress)
            _check(file)
        else:
            _run("pg_dump", "--format=custom", f"--file={file}", _libpq(url))
            _run("pg_restore", "--list", str(file))
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
        _run("pg_restore", "--list", str(file))
        _run("pg_restore", "--clean", "--if-exists", "--single-transaction", f"--dbname={_libpq(url)}", str(file))
    progress(100)


def _copy(source: Path, target: Path, progress: Progress) -> None:
    def step(_status: int, remaining: int, total: int) -> None:
        progress(100 * (total - remaining) // max(total, 1))

    try:
        with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
            reading.backup(writing, pages=PAGES_A_STEP, progress=step)
    except sqlite3.Error as error:
        raise BackupError(f"The copy failed: {error}") from error


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
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


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _run(program: str, *arguments: str) -> None:
    if shutil.which(program) is None:
        raise BackupError(f"{program} is not installed here (Debian: apt-get install postgresql-client)")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 -- our own words
    if done.returncode != 0:
        raise BackupError(f"{program}: {done.stderr.strip()}")
