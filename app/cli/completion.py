"""`completion`: a script that completes `./keydesk` in a shell."""

import click
from click.shell_completion import get_completion_class

from app.cli import COMPLETE_VAR, cli
from app.cli.output import fail


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script for SHELL that completes the command ./keydesk: source it in your profile."""
    found = get_completion_class(shell)
    if found is None:
        fail(f"There is no completion for {shell}.")
    else:
        click.echo(found(cli, {}, "keydesk", COMPLETE_VAR).source())
