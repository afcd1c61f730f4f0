"""Backup and restore. SQLite by its own online copy; PostgreSQL by pg_dump and pg_restore."""

from collections.abc import Callable
from pathlib import Path

from app.services.runtime import Runtime
from app.store import backup as copies
from app.store import migrations
from app.store.backup import BackupError

__all__ = ["BackupError", "backup", "restore"]


def backup(runtime: Runtime, file: Path, progress: Callable[[int], None]) -> None:
    """Copies the running database into `file`, mode 0600, and checks the copy. `progress` gets percents. Raises
    `BackupError`; an existing file is never overwritten."""
    if file.exists():
        raise BackupError(f"{file} exists; choose another name")
    copies.to_file(runtime.settings.database_url, file, progress)


def restore(runtime: Runtime, file: Path, progress: Callable[[int], None]) -> None:
    """Checks `file`, puts it in place of the database, and runs the migrations that it has not seen. Raises
    `BackupError`; then the database is as it was."""
    copies.from_file(runtime.settings.database_url, file, progress)
    migrations.upgrade()
