"""`import`: imports the keys of another system by their hashes."""

from collections.abc import Collection, Iterator
from pathlib import Path

import click

from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json, fail
from app.cli.progress import progress
from app.domain.imported_keys import ImportedKey, InvalidFile, parse_csv
from app.domain.route_policy import Policy
from app.services import imported_keys, operator_organizations


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", required=True, help="The organization of the keys, by ID or name.")
@click.option("--ignore", "ignored", multiple=True, metavar="COLUMN", help="Column to leave out. Repeat for several.")
@as_json
def import_keys(file: Path, org: str, ignored: tuple[str, ...], is_json: bool) -> None:
    """Import the keys of another system from a CSV file.

    FILE must have a column hash, and can have the columns name, start, scopes, expires_at, revoked, revoked_at and
    enabled, or what drf-api-key, knox, Better Auth and Unkey call them. Any other column may restrict the keys, so it
    is refused unless you ignore it. Keys that are revoked or disabled are imported as revoked. A hash is SHA-256 of the
    whole key in hex, base64 (Unkey) or base64url (Better Auth), or SHA-512 in hex (knox 5) or as sha512$$hex
    (drf-api-key). The whole file is checked before anything is imported. After an interruption, run the command again:
    no key is imported twice, and keys that are already there stay as they are.
    """
    with open_runtime() as runtime:
        policy = runtime.settings.policy
        org_id = operator_organizations.organization(org).id
        total = revoked = 0
        for key in _keys(file, policy, ignored):
            total, revoked = total + 1, revoked + key.revoked
        read = new = 0
        with progress("Importing", total, "keys") as imported:
            for batch, added in imported_keys.import_keys(runtime, org_id, _keys(file, policy, ignored)):
                read, new = read + batch, new + added
                imported(read)
        done = f"Imported {new} keys into {org}. {read - new} were already there."
        if revoked:
            done += f" {revoked} keys of the file are revoked or disabled and work nowhere."
        answer(is_json, {"read": read, "imported": new}, lambda: click.echo(done))


def _keys(file: Path, policy: Policy, ignored: Collection[str]) -> Iterator[ImportedKey]:
    """The keys in the file, checked. What is wrong ends the command."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield from parse_csv(lines, policy, ignored)
    except InvalidFile as error:
        fail(f"{file.name}, {error}\nNothing was imported.")
    except UnicodeDecodeError as error:
        fail(f"{file.name} is not in UTF-8: {error}\nNothing was imported.")
