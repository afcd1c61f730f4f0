"""`set`: what is different about a key from now on."""

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
@click.option("--name", help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, help="What it may do, instead of what it could; repeat for several.")
@key_options.rate
@click.option("--no-rate", is_flag=True, help="As many requests as it likes.")
@key_options.networks
@click.option("--any-network", is_flag=True, help="From anywhere.")
@click.option("--expires-in-days", type=int, help="Days from now until it ends.")
@click.option("--never-expires", is_flag=True, help="It does not end.")
@as_json
def set_key(prefix: str, *, is_json: bool, **options: Any) -> None:
    """Change the key that begins with PREFIX (at least 8 characters, with or without whk_). The rest stays as it is."""
    _refuse_contradictions(options)
    with open_runtime() as runtime:
        try:
            key = operator_keys.change_key(runtime, prefix, key_options.settings_from(options, runtime.clock()))
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
            raise click.UsageError(f"{said} contradict each other.")
    if not any(value not in {None, (), False} for value in options.values()):
        raise click.UsageError("Say what is to be different; --help lists what can be.")
