"""`audit verify`, `doctor`, `backup`, `restore`, `completion`: looking after a Keydesk."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.cli.application import answer, as_json, fail, opened_desk
from app.cli.progress import progress


@click.group()
def audit() -> None:
    """The audit log."""


@audit.command()
@as_json
def verify(is_json: bool) -> None:
    """Check every organization's hash chain; exit code 1 when one is broken."""
    from app.services import audit as log
    from app.services import operator_keys

    with opened_desk():
        rows = [
            {"org_id": org.id, "name": org.name, "entries": org.audit_count, "broken_at": log.broken_at(org.id)}
            for org in operator_keys.all_organizations()
        ]
        lines = [
            f"{row['name']}: "
            + (f"broken at entry {row['broken_at']}" if row["broken_at"] else f"{row['entries']} entries, whole")
            for row in rows
        ]
        answer(is_json, {"data": rows}, lambda: click.echo("\n".join(lines) or "No entries yet."))
        if any(row["broken_at"] for row in rows):
            sys.exit(1)


@click.command()
@as_json
def doctor(is_json: bool) -> None:
    """Check settings, database, migrations, mail and clock: what is wrong, and the fix."""
    from app.cli.diagnosis import examine

    findings = examine()
    lines = [f"{'ok ' if finding.ok else 'BAD'}  {finding.what}: {finding.text}" for finding in findings]
    content = [{"check": finding.what, "ok": finding.ok, "detail": finding.text} for finding in findings]
    answer(is_json, {"data": content}, lambda: click.echo("\n".join(lines)))
    if not all(finding.ok for finding in findings):
        sys.exit(1)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy the database into FILE while Keydesk runs, and check the copy. Readable by you only."""
    from app.services import backup as service

    with opened_desk(migrated=False) as desk, _failing_backup(), progress("Copying", 100, "%") as copied:
        service.backup(desk, file, copied)
    click.echo(f"{file} holds the database, checked. Keep SECRET_KEY with it.")


@contextmanager
def _failing_backup() -> Iterator[None]:
    from app.services.backup import BackupError

    try:
        yield
    except BackupError as error:
        fail(str(error))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, yes: bool) -> None:
    """Put the database of FILE in place of the present one. Stop the server first."""
    from app.services import backup as service

    if not yes:
        click.confirm("This replaces the whole present database. Is the server stopped?", abort=True, err=True)
    with opened_desk(migrated=False) as desk, _failing_backup(), progress("Copying", 100, "%") as copied:
        service.restore(desk, file, copied)
    click.echo("Restored, checked, and brought up to date.")


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script for SHELL that completes the command ./keydesk: source it in your profile."""
    from click.shell_completion import get_completion_class

    from app.cli import COMPLETE_VAR, cli

    found = get_completion_class(shell)
    if found is None:
        fail(f"There is no completion for {shell}.")
    else:
        click.echo(found(cli, {}, "keydesk", COMPLETE_VAR).source())
