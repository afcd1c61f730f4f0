"""`import`: another system's keys, by their hashes. `installs`: the ids of the first dashboard."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from app.cli.runtime import answer, as_json, fail, opened_desk

CSV_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
ORG = click.option("--org", required=True, help="Organization that they belong to, by id or name.")


@click.command("import")
@CSV_FILE
@ORG
@as_json
def import_keys(file: Path, org: str, is_json: bool) -> None:
    """Import keys from a CSV FILE with the column hash, and if there name, start, scopes, expires_at.

    A hash is SHA-256 of the whole key in hex, base64 (Unkey) or base64url (Better Auth), or SHA-512 in hex (knox) or as
    sha512$$hex (drf-api-key). Run it again after an interruption: nothing is imported twice.
    """
    from app.domain.errors import ValidationFailed
    from app.domain.imported_keys import ImportedKey, parse_row
    from app.services import imports, operators

    def rows() -> Iterator[ImportedKey]:
        with file.open(encoding="utf-8-sig", newline="") as source:
            for number, row in enumerate(csv.DictReader(source), 2):
                try:
                    yield parse_row(row)
                except ValidationFailed as error:
                    fail(f"{file.name}, line {number}: {error.detail}")

    with file.open(encoding="utf-8-sig", newline="") as source:
        header = next(csv.reader(source), [])
        if "hash" not in header:
            fail(f"{file.name}: the first line must name the columns, and one of them must be hash")
        total = sum(1 for _ in source)
    with opened_desk() as desk:
        org_id = operators.organization(org).id
        read = new = 0
        with click.progressbar(length=total, label="Importing", file=sys.stderr) as progress:
            for batch, added in imports.import_keys(desk, org_id, rows()):
                read, new = read + batch, new + added
                progress.update(batch)
        done = f"Imported {new} keys into {org}; {read - new} were there already."
        answer(is_json, {"read": read, "imported": new}, lambda: click.echo(done))


@click.group()
def installs() -> None:
    """Install ids of the first dashboard (x-install-id), accepted until the end of 2026."""


@installs.command("import")
@CSV_FILE
@ORG
@as_json
def import_installs(file: Path, org: str, is_json: bool) -> None:
    """Put the ids in FILE on record, one UUID a line."""
    from app.services import installs as service
    from app.services import operators

    ids = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    for number, install_id in enumerate(ids, 1):
        if service.normalise(install_id) is None:
            fail(f"{file.name}, line {number}: {install_id!r} is no UUID; nothing was imported")
    with opened_desk() as desk:
        new = service.import_ids(desk, operators.organization(org).id, ids)
        done = f"{new} install ids are new on record; {len(ids) - new} were there already."
        answer(is_json, {"read": len(ids), "imported": new}, lambda: click.echo(done))


@installs.command("list")
@as_json
def list_installs(is_json: bool) -> None:
    """List the ids on record, and when each last called."""
    from app.domain.times import rfc3339
    from app.services import installs as service

    with opened_desk():
        rows = [
            {
                "id": install.id,
                "organization": organization,
                "last_seen_at": rfc3339(install.last_seen_at) if install.last_seen_at else None,
                "withdrawn": install.withdrawn_at is not None,
            }
            for install, organization in service.on_record()
        ]
        lines = [
            f"{row['id']} | {row['organization']} | "
            + ("withdrawn" if row["withdrawn"] else f"last call: {row['last_seen_at'] or 'never'}")
            for row in rows
        ]
        answer(is_json, {"data": rows}, lambda: click.echo("\n".join(lines) or "None on record."))


@installs.command("withdraw")
@click.argument("install_id")
def withdraw(install_id: str) -> None:
    """Refuse INSTALL_ID from now on."""
    from app.services import installs as service

    with opened_desk() as desk:
        service.withdraw(desk, install_id)
        click.echo(f"{install_id} is withdrawn.")
