"""`backup` and `restore`: copy the whole database to a file and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.cli.app_context import open_runtime
from app.cli.output import fail
from app.cli.progress import progress
from app.services import backup as copies
from app.services.backup import BackupError


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Back up the database to FILE while the server runs. The copy is checked. Only you can read the file."""
    with open_runtime(migrated=False) as runtime, _failing_backup(), progress("Copying", 100, "%") as copied:
        copies.backup(runtime, file, copied)
    click.echo(f"Backed up to {file}. The copy was checked. Keep SECRET_KEY with it.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def restore(file: Path, yes: bool) -> None:
    """Replace the database with the backup in FILE. Stop the server first."""
    if not yes:
        click.confirm("This replaces the whole database. Have you stopped the server?", abort=True, err=True)
    with open_runtime(migrated=False) as runtime, _failing_backup(), progress("Copying", 100, "%") as copied:
        copies.restore(runtime, file, copied)
    click.echo("Database restored, checked and migrated.")


@contextmanager
def _failing_backup() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        fail(str(error))
