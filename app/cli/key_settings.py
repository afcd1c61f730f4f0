"""`set`: changes the settings of a key."""

from typing import Any

import click

from app.cli import key_options
from app.cli.app_context import open_runtime
from app.cli.key_output import described, no_single_match
from app.cli.output import answer, as_json
from app.services import operator_keys
from app.services.operator_keys import NoSingleMatch


@click.command("set")
@click.argument("prefix")
@click.option("--name", help="Name of the key: what it is for.")
@click.option("--scope", "scopes", multiple=True, help="Scope of the key. Repeat for several. Replaces all its scopes.")
@key_options.rate
@click.option("--no-rate", is_flag=True, help="Remove the rate limit.")
@key_options.networks
@click.option("--any-network", is_flag=True, help="Allow any network.")
@click.option("--expires-in-days", type=int, help="Days until the key expires.")
@click.option("--never-expires", is_flag=True, help="Remove the expiry.")
@key_options.override_policy
@as_json
def set_key(prefix: str, *, is_json: bool, overrides_policy: bool, **options: Any) -> None:
    """Change the settings of the key that starts with PREFIX.

    PREFIX is at least 8 characters, with or without whk_. Settings you leave out keep their value.
    """
    _refuse_contradictions(options)
    with open_runtime() as runtime:
        try:
            wanted = key_options.settings_from(options, runtime.clock())
            key = operator_keys.change_key(runtime, prefix, wanted, overrides_policy=overrides_policy)
        except NoSingleMatch as error:
            no_single_match(error)
        else:
            done = f"Successfully changed key '{key.name}' starting with {key.start}"
            answer(is_json, described(key), lambda: click.echo(done))


def _refuse_contradictions(options: dict[str, Any]) -> None:
    for one, other, said in (
        ("rate", "no_rate", "--rate and --no-rate"),
        ("networks", "any_network", "--network and --any-network"),
        ("expires_in_days", "never_expires", "--expires-in-days and --never-expires"),
    ):
        if options[one] not in {None, ()} and options[other]:
            raise click.UsageError(f"{said} cannot be combined.")
    if not any(value not in {None, (), False} for value in options.values()):
        raise click.UsageError("Give at least one setting to change. See --help.")
