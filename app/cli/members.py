"""`members`: lists, adds, removes, disables and enables members."""

import click

from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json
from app.domain.roles import Role
from app.services import operator_organizations


@click.group()
def members() -> None:
    """List, add, remove, disable or enable members."""


@members.command("list")
@click.argument("org")
@as_json
def list_members(org: str, is_json: bool) -> None:
    """List the members of ORG (ID or name)."""
    with open_runtime():
        rows = [
            {"email": row.email, "role": row.role, "disabled": row.disabled}
            for row in operator_organizations.members(org)
        ]
        lines = [f"{row['email']} | {row['role']}{' | disabled' if row['disabled'] else ''}" for row in rows]
        answer(is_json, {"data": rows}, lambda: click.echo("\n".join(lines) or "None yet."))


@members.command("add")
@click.argument("org")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="member", show_default=True)
def add_member(org: str, email: str, role: str) -> None:
    """Add EMAIL to ORG (ID or name), or change their role."""
    with open_runtime() as runtime:
        operator_organizations.add_member(runtime, org, email, Role(role))
        click.echo(f"{email} is {role} of {org}.")


@members.command("remove")
@click.argument("org")
@click.argument("email")
def remove_member(org: str, email: str) -> None:
    """Remove EMAIL from ORG (ID or name)."""
    with open_runtime() as runtime:
        operator_organizations.remove_member(runtime, org, email)
        click.echo(f"{email} is no longer a member of {org}.")


@members.command("disable")
@click.argument("email")
def disable_member(email: str) -> None:
    """Disable the person with the address EMAIL.

    Their sessions, session tokens and sign-up keys are refused. Keys that they created otherwise keep working.
    """
    with open_runtime() as runtime:
        operator_organizations.set_person_disabled(runtime, email, disabled=True)
        click.echo(f"{email} is disabled.")


@members.command("enable")
@click.argument("email")
def enable_member(email: str) -> None:
    """Enable the person with the address EMAIL again."""
    with open_runtime() as runtime:
        operator_organizations.set_person_disabled(runtime, email, disabled=False)
        click.echo(f"{email} is enabled.")
