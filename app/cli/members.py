"""`members`: lists, adds, removes, disables and enables members."""

import sys
from collections.abc import Sequence

import click

from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json
from app.domain.member_roles import Role
from app.services import operator_organizations
from app.store.keys import ApiKey

_KEYS = click.Choice(["keep", "revoke"])


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
@click.option(
    "--keys", type=_KEYS, help="What to do with the keys that they could not create in this role. Keeps them."
)
def add_member(org: str, email: str, role: str, keys: str | None) -> None:
    """Add EMAIL to ORG (ID or name), or change their role.

    Active keys that they created and could not create in the new role are named. They keep working, unless you say
    --keys revoke.
    """
    with open_runtime() as runtime:
        revokes = keys == "revoke"
        beyond = operator_organizations.add_member(runtime, org, email, Role(role), revoke_keys=revokes)
        click.echo(f"{email} is {role} of {org}.")
        if beyond or keys:
            click.echo(_left(beyond, keys, f"Still active, although a {role} could not create them"))


@members.command("remove")
@click.argument("org")
@click.argument("email")
@click.option("--keys", type=_KEYS, help="What to do with the active keys that EMAIL created in ORG. Asks by default.")
def remove_member(org: str, email: str, keys: str | None) -> None:
    """Remove EMAIL from ORG (ID or name).

    Scripts must say --keys keep or --keys revoke: keys work without the person who created them.
    """
    with open_runtime() as runtime:
        keys = keys or _asked(email, operator_organizations.keys_created_by(runtime, org, email))
        created = operator_organizations.remove_member(runtime, org, email, revoke_keys=keys == "revoke")
        click.echo(f"{email} is no longer a member of {org}.")
        click.echo(_listed("Revoked" if keys == "revoke" else "Still active", created))


def _asked(email: str, created: Sequence[ApiKey]) -> str:
    """`keep` or `revoke`, from whoever sits at the terminal."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"Say --keys keep or --keys revoke. {_listed(f'Created by {email}', created)}")
    if not created:
        return "keep"
    click.echo(_listed(f"Created by {email}", created), err=True)
    return str(click.prompt("Keep these keys or revoke them?", type=_KEYS, err=True))


def _left(created: Sequence[ApiKey], keys: str | None, still_active: str = "Still active") -> str:
    """The keys that a change left or revoked, with the way to revoke them for whoever did not say what to do."""
    if keys == "revoke":
        return _listed("Revoked", created)
    way_out = "\nTo revoke them, run this again with --keys revoke." if created and keys is None else ""
    return _listed(still_active, created) + way_out


def _listed(what: str, keys: Sequence[ApiKey]) -> str:
    return "\n  ".join([f"{what}:" if keys else f"{what}: no keys.", *(f"{key.name} ({key.start}***)" for key in keys)])


@members.command("disable")
@click.argument("email")
@click.option("--keys", type=_KEYS, help="What to do with the active keys that EMAIL created. Keeps them by default.")
def disable_member(email: str, keys: str | None) -> None:
    """Disable the person with the address EMAIL.

    Their sessions, session tokens and sign-up keys are refused until they are enabled again. Other keys that they
    created are named and keep working. --keys revoke revokes all of them for good, in every organization.
    """
    with open_runtime() as runtime:
        created = operator_organizations.set_person_disabled(
            runtime, email, disabled=True, revoke_keys=keys == "revoke"
        )
        click.echo(f"{email} is disabled.")
        click.echo(_left(created, keys))


@members.command("enable")
@click.argument("email")
def enable_member(email: str) -> None:
    """Enable the person with the address EMAIL again."""
    with open_runtime() as runtime:
        operator_organizations.set_person_disabled(runtime, email, disabled=False)
        click.echo(f"{email} is enabled.")
