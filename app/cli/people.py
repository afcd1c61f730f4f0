"""`people`: changes the address with which a person signs in."""

import click

from app.cli.app_context import open_runtime
from app.services import address_change


@click.group()
def people() -> None:
    """Change the address of a person."""


@people.command("change-address")
@click.argument("old")
@click.argument("new")
def change_address(old: str, new: str) -> None:
    """Let the person with the address OLD sign in with the address NEW.

    Make sure first that the person asked for it: whoever reads mail to NEW gets the account. All sessions and session
    tokens of the person end, and so do links, codes and approvals of agents that are not used yet. Keys stay as they
    are. Both addresses are told by mail.
    """
    with open_runtime() as runtime:
        becomes = address_change.change_address(runtime, old, new)
        click.echo(f"The person signs in as {becomes} from now on. All their sessions have ended.")
