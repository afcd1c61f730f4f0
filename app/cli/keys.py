"""`create`, `list`, `revoke`, `rotate` and `extend`: manage keys."""

import sys
from typing import Any

import click

from app.cli import key_options
from app.cli.app_context import open_runtime
from app.cli.key_output import (
    active_keys,
    active_keys_as_json,
    created,
    described,
    expiry_by_policy,
    no_single_match,
    with_plaintext,
)
from app.cli.output import answer, as_json
from app.services import operator_keys
from app.services.operator_keys import NoSingleMatch


@click.command()
@click.option("--name", default="API key", show_default=True, help="Name of the key: what it is for.")
@click.option("--org", help="Organization, by ID or name. Default: the only one, else Operators.")
@click.option("--scope", "scopes", multiple=True, help="Scope of the key. Repeat for several.")
@click.option("--expires-in-days", type=int, help="Days until the key expires. Default: as the policy says, or never.")
@key_options.rate
@key_options.networks
@key_options.override_policy
@as_json
def create(*, org: str | None, is_json: bool, overrides_policy: bool, **options: Any) -> None:
    """Create a key and show it once.

    The organization's policy for its keys applies (see orgs policy).
    """
    with open_runtime() as runtime:
        settings = key_options.settings_from(options, runtime.clock())
        issued = operator_keys.create_key(runtime, settings, org=org, overrides_policy=overrides_policy)
        answer(is_json, with_plaintext(issued), lambda: created(issued))
        if not is_json and "expires_at" not in settings:
            expiry_by_policy(issued)


@click.command("list")
@click.option("--owner", help="Only keys that belong to this person (ID or email address). organization: to no person.")
@as_json
def list_keys(owner: str | None, is_json: bool) -> None:
    """List the active keys of all organizations."""
    with open_runtime() as runtime:
        keys = operator_keys.working_keys(runtime, owner)
        sys.stdout.writelines(active_keys_as_json(keys) if is_json else active_keys(keys))


@click.command()
@click.argument("prefix")
@click.option("--leaked", is_flag=True, help="Note that somebody else has the key.")
@click.option("--final", is_flag=True, help="If a member has revoked the key already, no member can undo that.")
@as_json
def revoke(prefix: str, leaked: bool, final: bool, is_json: bool) -> None:
    """Revoke the key that starts with PREFIX.

    PREFIX is at least 8 characters, with or without whk_. It can also be the ID of the key (list --json shows it), or,
    for an imported key, its start or its hash.

    No member can undo what you revoke. With --final or --leaked, PREFIX can also be the ID of a revoked key, or the
    whole key: members can no longer undo that revoke.
    """
    with open_runtime() as runtime:
        try:
            key = operator_keys.revoke_key(runtime, prefix, leaked=leaked, final=final)
        except NoSingleMatch as error:
            no_single_match(error)
        else:
            done = f"Successfully revoked key '{key.name}' starting with {key.start}"
            answer(is_json, described(key), lambda: click.echo(done))


@click.command()
@click.argument("prefix")
@click.option("--overlap", default=0, show_default=True, help="Seconds for which the old key keeps working.")
@click.option("--idle", type=int, help="Seconds without a request after which the old key stops sooner.")
@key_options.override_policy
@as_json
def rotate(prefix: str, overlap: int, idle: int | None, overrides_policy: bool, is_json: bool) -> None:
    """Replace the key that starts with PREFIX with a new one.

    PREFIX is at least 8 characters, with or without whk_. The new key has the same settings and is shown once. It
    expires earlier if the organization's policy for its keys asks for that.
    """
    with open_runtime() as runtime:
        try:
            issued = operator_keys.rotate_key(runtime, prefix, overlap, idle, overrides_policy=overrides_policy)
        except NoSingleMatch as error:
            no_single_match(error)
        else:
            answer(is_json, with_plaintext(issued), lambda: created(issued))


@click.command()
@click.argument("prefix")
@key_options.override_policy
@as_json
def extend(prefix: str, overrides_policy: bool, is_json: bool) -> None:
    """Let the rotated key that starts with PREFIX work for a day more.

    It never works longer than it would have without the rotation, nor longer than 30 days after it.
    """
    with open_runtime() as runtime:
        try:
            key = operator_keys.extend_key(runtime, prefix, overrides_policy=overrides_policy)
        except NoSingleMatch as error:
            no_single_match(error)
        else:
            done = f"Key '{key.name}' starting with {key.start} works until {described(key)['expires_at']}"
            answer(is_json, described(key), lambda: click.echo(done))
