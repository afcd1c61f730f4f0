"""`orgs`: lists, creates, renames, disables and enables organizations, and sets what they allow their keys."""

import click

from app.cli import key_policy
from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json
from app.services import operator_organizations


@click.group()
def orgs() -> None:
    """List, create, rename, disable or enable organizations, or set their policy for keys."""


@orgs.command("list")
@as_json
def list_orgs(is_json: bool) -> None:
    """List all organizations."""
    with open_runtime():
        rows = [
            {"id": org.id, "name": org.name, "disabled": org.disabled_at is not None}
            for org in operator_organizations.all_organizations()
        ]
        lines = [f"{row['id']} | {row['name']}{' | disabled' if row['disabled'] else ''}" for row in rows]
        answer(is_json, {"data": rows}, lambda: click.echo("\n".join(lines) or "None yet."))


@orgs.command("create")
@click.argument("name")
@as_json
def create_org(name: str, is_json: bool) -> None:
    """Create an organization."""
    with open_runtime() as runtime:
        made = operator_organizations.create_organization(runtime, name)
        answer(is_json, {"id": made.id, "name": made.name}, lambda: click.echo(f"{made.id} | {made.name}"))


@orgs.command("rename")
@click.argument("org")
@click.argument("name")
def rename_org(org: str, name: str) -> None:
    """Rename ORG (ID or name) to NAME. Its ID and its keys stay."""
    with open_runtime() as runtime:
        renamed = operator_organizations.rename_organization(runtime, org, name)
        click.echo(f"{org} is now named {renamed}.")


def _switch(word: str, done: str, disabled: bool) -> click.Command:
    @click.argument("org")
    def switch(org: str) -> None:
        with open_runtime() as runtime:
            found = operator_organizations.set_organization_disabled(runtime, org, disabled=disabled)
            click.echo(f"{found.name} {done}")

    switch.__doc__ = f"{word.capitalize()} ORG (ID or name)."
    return orgs.command(word)(switch)


_switch("disable", "is disabled: all its keys are refused from now on.", disabled=True)
_switch("enable", "is enabled: its keys work again.", disabled=False)
orgs.add_command(key_policy.policy)
