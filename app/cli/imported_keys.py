"""`import`: another system's keys, by their hashes. `installs`: the ids of the first dashboard."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.application import answer, as_json, fail, opened_desk
from app.cli.progress import progress

if TYPE_CHECKING:
    from app.domain.imported_keys import ImportedKey
    from app.domain.policy import Policy

CSV_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
ORG = click.option("--org", required=True, help="Organization that they belong to, by id or name.")


@click.command("import")
@CSV_FILE
@ORG
@as_json
def import_keys(file: Path, org: str, is_json: bool) -> None:
    """Import keys from a CSV FILE with the column hash, and if there name, start, scopes, expires_at.

    A hash is SHA-256 of the whole key in hex, base64 (Unkey) or base64url (Better Auth), or SHA-512 in hex (knox) or as
    sha512$$hex (drf-api-key). The whole file is checked before anything is imported. Run it again after an
    interruption: nothing is imported twice.
    """
    from app.services import imported_keys, operator_keys

    with opened_desk() as desk:
        org_id = operator_keys.organization(org).id
        total = sum(1 for _ in _rows(file, desk.settings.policy))
        read = new = 0
        with progress("Importing", total, "keys") as imported:
            for batch, added in imported_keys.import_keys(desk, org_id, _rows(file, desk.settings.policy)):
                read, new = read + batch, new + added
                imported(read)
        done = f"Imported {new} keys into {org}; {read - new} were there already."
        answer(is_json, {"read": read, "imported": new}, lambda: click.echo(done))


def _rows(file: Path, policy: Policy) -> Iterator[ImportedKey]:
    """The file's keys, checked. What is wrong ends the command, with the line."""
    from app.domain.errors import DomainError
    from app.domain.imported_keys import parse_row

    line = 1
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            rows = csv.DictReader(source)
            if "hash" not in (rows.fieldnames or ()):
                fail(f"{file.name}: the first line must name the columns, and one of them must be hash")
            for row in rows:
                line = rows.line_num
                key = parse_row(row)
                policy.check_known(key.scopes)
                yield key
    except DomainError as error:
        fail(f"{file.name}, line {line}: {error.detail}; nothing was imported")
    except (csv.Error, UnicodeDecodeError) as error:
        fail(f"{file.name} is no CSV in UTF-8: {error}; nothing was imported")


@click.group()
def installs() -> None:
    """Install ids of the first dashboard (x-install-id), accepted until the end of 2026."""


@installs.command("import")
@CSV_FILE
@ORG
@as_json
def import_installs(file: Path, org: str, is_json: bool) -> None:
    """Put the ids in FILE on record, one UUID a line."""
    from app.services import install_ids as service
    from app.services import operator_keys

    try:
        ids = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        fail(f"{file.name} is no text in UTF-8: {error}; nothing was imported")
    for number, install_id in enumerate(ids, 1):
        if service.normalise(install_id) is None:
            fail(f"{file.name}, line {number}: {install_id!r} is no UUID; nothing was imported")
    with opened_desk() as desk:
        new = service.import_ids(desk, operator_keys.organization(org).id, ids)
        done = f"{new} install ids are new on record; {len(ids) - new} were there already."
        answer(is_json, {"read": len(ids), "imported": new}, lambda: click.echo(done))


@installs.command("list")
@as_json
def list_installs(is_json: bool) -> None:
    """List the ids on record, and when each last called."""
    from app.domain.times import rfc3339
    from app.services import install_ids as service

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
    from app.services import install_ids as service

    with opened_desk() as desk:
        service.withdraw(desk, install_id)
        click.echo(f"{install_id} is withdrawn.")
