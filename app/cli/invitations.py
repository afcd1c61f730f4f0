"""`invitations`: lists, creates and withdraws invitations to an organization."""

import click

from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json
from app.domain.member_roles import Role
from app.services import operator_invitations
from app.services.invitations import to_json


@click.group()
def invitations() -> None:
    """List, create or withdraw invitations to an organization."""


@invitations.command("list")
@click.argument("org")
@as_json
def list_invitations(org: str, is_json: bool) -> None:
    """List the open invitations to ORG (ID or name)."""
    with open_runtime() as runtime:
        rows = [to_json(runtime, found) for found in operator_invitations.open_in(runtime, org)]
        lines = [f"{row['email']} | {row['role']} | until {row['expires_at']} | {row['link']}" for row in rows]
        answer(is_json, {"data": rows}, lambda: click.echo("\n".join(lines) or "None yet."))


@invitations.command("create")
@click.argument("org")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="member", show_default=True)
@as_json
def create_invitation(org: str, email: str, role: str, is_json: bool) -> None:
    """Invite EMAIL to ORG (ID or name), or renew their invitation.

    They get an email with the link that this prints. The link is not secret: only somebody who signs in with the
    address can join. A running server sends the email.
    """
    with open_runtime() as runtime:
        row = to_json(runtime, operator_invitations.invite(runtime, org, email, Role(role)))
        said = f"{row['email']} is invited to {org} as {row['role']}, until {row['expires_at']}.\n{row['link']}"
        answer(is_json, row, lambda: click.echo(said))


@invitations.command("withdraw")
@click.argument("org")
@click.argument("email")
def withdraw_invitation(org: str, email: str) -> None:
    """Withdraw the invitation of EMAIL to ORG (ID or name)."""
    with open_runtime() as runtime:
        found = operator_invitations.withdraw(runtime, org, email)
        click.echo(f"The invitation of {found.email} is withdrawn.")
