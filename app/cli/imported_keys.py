"""`import`: imports the keys of another system by their hashes."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NoReturn

import click

from app.cli import key_options
from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json, fail
from app.cli.progress import progress
from app.config.installation import COMMAND
from app.domain.imported_keys import ImportedKey, InvalidFile, parse_csv
from app.domain.route_policy import Policy
from app.services import imported_keys, operator_organizations
from app.store.keys import ApiKey


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--org", required=True, help="The organization of the keys, by ID or name.")
@click.option("--ignore", "ignored", multiple=True, metavar="COLUMN", help="Column to leave out. Repeat for several.")
@key_options.override_policy
@as_json
def import_keys(file: Path, org: str, ignored: tuple[str, ...], overrides_policy: bool, is_json: bool) -> None:
    """Import the keys of another system from a CSV file.

    FILE must have a column hash, and can have the columns name, start, scopes, expires_at, revoked, revoked_at and
    enabled, or what drf-api-key, knox, Better Auth and Unkey call them. Any other column may restrict the keys, so it
    is refused unless you ignore it. Keys that are revoked or disabled are imported as revoked. A hash is SHA-256 of the
    whole key in hex, base64 (Unkey) or base64url (Better Auth), or SHA-512 in hex (knox 5) or as sha512$$hex
    (drf-api-key). A key that never expires, or too late for the organization's policy, is refused. The whole file is
    checked before anything is imported. After an interruption, run the command again: no key is imported twice, and
    keys that are already there stay as they are.
    """
    with open_runtime() as runtime:
        policy = runtime.settings.policy
        org_id = operator_organizations.organization(org).id
        total = revoked = 0
        for key in _keys(file, policy, ignored):
            total, revoked = total + 1, revoked + key.revoked
        if not overrides_policy:
            imported_keys.refuse_outside_policy(runtime, org_id, _keys(file, policy, ignored))
        read = new = 0
        working: list[ApiKey] = []
        with progress("Importing", total, "keys") as imported:
            batches = imported_keys.import_keys(
                runtime, org_id, _keys(file, policy, ignored), overrides_policy=overrides_policy
            )
            for batch in batches:
                read, new = read + batch.read, new + batch.new
                working += batch.working
                imported(read)
        done = f"Imported {new} keys into {org}. {read - new} were already there."
        if revoked:
            done += f" {revoked} keys of the file are revoked or disabled."
        found = {"read": read, "imported": new, "working": [key.id for key in working]}
        answer(is_json, found, lambda: click.echo(done))
        if working:
            _tell_working(working)


def _tell_working(keys: list[ApiKey]) -> NoReturn:
    """So that nobody takes them for revoked: the command ends with an exit code that scripts notice."""
    names = "\n".join(f"  {key.id}  {key.name}" for key in keys)
    fail(
        f"Of these, {len(keys)} were imported while they still worked, and work here:\n{names}\n"
        f"Revoke each: {COMMAND} revoke ID"
    )


def _keys(file: Path, policy: Policy, ignored: Collection[str]) -> Iterator[ImportedKey]:
    """The keys in the file, checked. What is wrong ends the command."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield from parse_csv(lines, policy, ignored)
    except InvalidFile as error:
        fail(f"{file.name}, {error}\nNothing was imported.")
    except UnicodeDecodeError as error:
        fail(f"{file.name} is not in UTF-8: {error}\nNothing was imported.")
