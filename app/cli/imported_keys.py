"""`import`: imports the keys of another system by their hashes."""

import csv
from collections.abc import Iterator
from pathlib import Path

import click

from app.cli.application import open_runtime
from app.cli.output import answer, as_json, fail
from app.cli.progress import progress
from app.domain.errors import DomainError
from app.domain.imported_keys import ImportedKey, parse_row
from app.domain.policy import Policy
from app.services import imported_keys, operator_organizations


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", required=True, help="The organization of the keys, by ID or name.")
@as_json
def import_keys(file: Path, org: str, is_json: bool) -> None:
    """Import the keys of another system from a CSV file.

    FILE must have a column hash, and can have the columns name, start, scopes and expires_at. A hash is SHA-256 of the
    whole key in hex, base64 (Unkey) or base64url (Better Auth), or SHA-512 in hex (knox) or as sha512$$hex
    (drf-api-key). The whole file is checked before anything is imported. After an interruption, run the command again:
    no key is imported twice.
    """
    with open_runtime() as runtime:
        org_id = operator_organizations.organization(org).id
        total = sum(1 for _ in _rows(file, runtime.settings.policy))
        read = new = 0
        with progress("Importing", total, "keys") as imported:
            for batch, added in imported_keys.import_keys(runtime, org_id, _rows(file, runtime.settings.policy)):
                read, new = read + batch, new + added
                imported(read)
        done = f"Imported {new} keys into {org}. {read - new} were already there."
        answer(is_json, {"read": read, "imported": new}, lambda: click.echo(done))


def _rows(file: Path, policy: Policy) -> Iterator[ImportedKey]:
    """The keys in the file, checked. A wrong line ends the command, naming the line."""
    line = 1
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            rows = csv.DictReader(source)
            if "hash" not in (rows.fieldnames or ()):
                fail(f"{file.name}: the first line must name the columns, including hash")
            for row in rows:
                line = rows.line_num
                key = parse_row(row)
                policy.check_known(key.scopes)
                yield key
    except DomainError as error:
        fail(f"{file.name}, line {line}: {error.detail}\nNothing was imported.")
    except (csv.Error, UnicodeDecodeError) as error:
        fail(f"{file.name} is not a CSV file in UTF-8: {error}\nNothing was imported.")
