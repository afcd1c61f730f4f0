"""`installs`: imports, lists and withdraws the install IDs of the first dashboard."""

from pathlib import Path

import click

from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json, fail
from app.domain.rfc3339 import rfc3339
from app.services import install_id_credentials, operator_organizations


@click.group()
def installs() -> None:
    """Import, list or withdraw install IDs (deprecated).

    The first dashboard gave each installation an ID (x-install-id). Requests with these IDs are accepted until the end
    of 2026.
    """


@installs.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", required=True, help="The organization of the install IDs, by ID or name.")
@as_json
def import_installs(file: Path, org: str, is_json: bool) -> None:
    """Import the install IDs in FILE, one UUID per line."""
    try:
        ids = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        fail(f"{file.name} is not a text file in UTF-8: {error}\nNothing was imported.")
    for number, install_id in enumerate(ids, 1):
        if install_id_credentials.normalise(install_id) is None:
            fail(f"{file.name}, line {number}: {install_id!r} is not a UUID\nNothing was imported.")
    with open_runtime() as runtime:
        new = install_id_credentials.import_ids(runtime, operator_organizations.organization(org).id, ids)
        done = f"Imported {new} install IDs. {len(ids) - new} were already there."
        answer(is_json, {"read": len(ids), "imported": new}, lambda: click.echo(done))


@installs.command("list")
@as_json
def list_installs(is_json: bool) -> None:
    """List the install IDs, and when each was last used."""
    with open_runtime():
        rows = [
            {
                "id": install.id,
                "organization": organization,
                "last_seen_at": rfc3339(install.last_seen_at) if install.last_seen_at else None,
                "withdrawn": install.withdrawn_at is not None,
            }
            for install, organization in install_id_credentials.on_record()
        ]
        lines = [
            f"{row['id']} | {row['organization']} | "
            + ("withdrawn" if row["withdrawn"] else f"last used: {row['last_seen_at'] or 'never'}")
            for row in rows
        ]
        answer(is_json, {"data": rows}, lambda: click.echo("\n".join(lines) or "None yet."))


@installs.command("withdraw")
@click.argument("install_id")
def withdraw(install_id: str) -> None:
    """Withdraw INSTALL_ID: requests with it are refused from now on."""
    with open_runtime() as runtime:
        install_id_credentials.withdraw(runtime, install_id)
        click.echo(f"{install_id} is withdrawn.")
