"""`completion`: prints a script by which a shell completes `keydesk`."""

import click
from click.shell_completion import get_completion_class

from app.cli import COMPLETE_VAR, cli
from app.cli.output import fail


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a completion script for `keydesk`. Source it in the profile of your shell."""
    found = get_completion_class(shell)
    if found is None:
        fail(f"Completion is not available for {shell}.")
    else:
        click.echo(found(cli, {}, "keydesk", COMPLETE_VAR).source())
