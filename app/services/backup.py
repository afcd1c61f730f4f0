"""Backup and restore: with SQLite's online backup, or with pg_dump and pg_restore for PostgreSQL."""

from collections.abc import Callable
from pathlib import Path

from app.services.runtime import Runtime
from app.store import backup as copies
from app.store import migrations
from app.store.backup import BackupError

__all__ = ["BackupError", "backup", "restore"]


def backup(runtime: Runtime, file: Path, progress: Callable[[int], None]) -> None:
    """Copies the database into `file` (mode 0600) while it is in use, and checks the copy. `progress` is called with
    the percentage that is done. Raises `BackupError`; an existing file is never overwritten."""
    if file.exists():
        raise BackupError(f"{file} already exists; choose another name")
    copies.to_file(runtime.settings.database_url, file, progress)


def restore(runtime: Runtime, file: Path, progress: Callable[[int], None]) -> None:
    """Checks `file`, replaces the database with it, and runs the migrations that it does not have yet. `progress` is
    called with the percentage that is done. Raises `BackupError`; the database is unchanged then."""
    copies.from_file(runtime.settings.database_url, file, progress)
    migrations.upgrade()
