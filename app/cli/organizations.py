"""`orgs`: lists, creates, renames, disables, deletes and restores organizations; sets what they allow their keys."""

from typing import Any

import click

from app.cli import key_policy
from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json
from app.domain.organization_deletion import erased_at
from app.domain.rfc3339 import rfc3339
from app.services import operator_organizations, organization_deletion


@click.group()
def orgs() -> None:
    """List, create, rename, disable, delete or restore organizations, or set their policy for keys."""


@orgs.command("list")
@as_json
def list_orgs(is_json: bool) -> None:
    """List all organizations, and those that were deleted, with when they are erased."""
    with open_runtime() as runtime:
        rows = [
            {
                "id": org.id,
                "name": org.name,
                "disabled": org.disabled_at is not None,
                "erased_at": rfc3339(erased_at(org.deleted_at)) if org.deleted_at else None,
            }
            for org in operator_organizations.all_organizations(runtime)
        ]
        lines = [f"{row['id']} | {row['name']}{_state(row)}" for row in rows]
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


def _state(row: dict[str, Any]) -> str:
    if row["erased_at"]:
        return f" | deleted, erased from {row['erased_at']}"
    return " | disabled" if row["disabled"] else ""


@orgs.command("delete")
@click.argument("org")
def delete_org(org: str) -> None:
    """Delete ORG (ID or name).

    Its keys are refused from now on, and its members do not see it any more. For 30 days `orgs restore` brings it back;
    then it is erased.
    """
    with open_runtime() as runtime:
        done = organization_deletion.delete_as_operator(runtime, org)
        click.echo(f"{done.name} is deleted, and its keys are refused from now on. Active ones: {done.keys}.")
        click.echo(f"Until {rfc3339(done.erased_at)}, this brings it back: orgs restore {org}")


@orgs.command("restore")
@click.argument("org")
def restore_org(org: str) -> None:
    """Bring ORG back (ID or name), which was deleted."""
    with open_runtime() as runtime:
        click.echo(f"{organization_deletion.restore(runtime, org)} is back. See: orgs list")


orgs.add_command(key_policy.policy)
