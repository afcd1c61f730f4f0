"""`orgs`, `members`, `credits`: who there is, and what they may use."""

import click

from app.cli.application import answer, as_json, opened_desk
from app.domain.roles import Role


@click.group()
def orgs() -> None:
    """Organizations."""


@orgs.command("list")
@as_json
def list_orgs(is_json: bool) -> None:
    """List all organizations."""
    from app.services import operator_keys

    with opened_desk():
        rows = [
            {"id": org.id, "name": org.name, "disabled": org.disabled_at is not None}
            for org in operator_keys.all_organizations()
        ]
        lines = [f"{row['id']} | {row['name']}{' | disabled' if row['disabled'] else ''}" for row in rows]
        answer(is_json, {"data": rows}, lambda: click.echo("\n".join(lines) or "None yet."))


@orgs.command("create")
@click.argument("name")
@as_json
def create_org(name: str, is_json: bool) -> None:
    """Make an organization."""
    from app.services import operator_keys

    with opened_desk() as desk:
        made = operator_keys.create_organization(desk, name)
        answer(is_json, {"id": made.id, "name": made.name}, lambda: click.echo(f"{made.id} | {made.name}"))


def _switch(word: str, done: str, disabled: bool) -> click.Command:
    @click.argument("org")
    def switch(org: str) -> None:
        from app.services import operator_keys

        with opened_desk() as desk:
            found = operator_keys.set_organization_disabled(desk, org, disabled=disabled)
            click.echo(f"{found.name} {done}")

    switch.__doc__ = f"{word.capitalize()} an organization, by id or name."
    return orgs.command(word)(switch)


_switch("disable", "is disabled: all its keys are refused from now on.", disabled=True)
_switch("enable", "is enabled: its keys work again.", disabled=False)


@click.group()
def members() -> None:
    """Members of an organization."""


@members.command("list")
@click.argument("org")
@as_json
def list_members(org: str, is_json: bool) -> None:
    """List the members of ORG (id or name)."""
    from app.services import operator_keys

    with opened_desk():
        rows = [{"email": row.email, "role": row.role, "disabled": row.disabled} for row in operator_keys.members(org)]
        lines = [f"{row['email']} | {row['role']}{' | disabled' if row['disabled'] else ''}" for row in rows]
        answer(is_json, {"data": rows}, lambda: click.echo("\n".join(lines) or "None yet."))


@members.command("add")
@click.argument("org")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="member", show_default=True)
def add_member(org: str, email: str, role: str) -> None:
    """Make EMAIL a member of ORG, or change their role."""
    from app.services import operator_keys

    with opened_desk() as desk:
        operator_keys.add_member(desk, org, email, Role(role))
        click.echo(f"{email} is {role} of {org}.")


@members.command("remove")
@click.argument("org")
@click.argument("email")
def remove_member(org: str, email: str) -> None:
    """Take EMAIL out of ORG."""
    from app.services import operator_keys

    with opened_desk() as desk:
        operator_keys.remove_member(desk, org, email)
        click.echo(f"{email} is no longer a member of {org}.")


@members.command("disable")
@click.argument("email")
def disable_member(email: str) -> None:
    """Refuse a person's sessions, session tokens and sign-up keys."""
    from app.services import operator_keys

    with opened_desk() as desk:
        operator_keys.set_person_disabled(desk, email, disabled=True)
        click.echo(f"{email} is disabled.")


@members.command("enable")
@click.argument("email")
def enable_member(email: str) -> None:
    """Let a disabled person in again."""
    from app.services import operator_keys

    with opened_desk() as desk:
        operator_keys.set_person_disabled(desk, email, disabled=False)
        click.echo(f"{email} is enabled.")


@click.group()
def credits() -> None:
    """Credits of an organization."""


@credits.command("grant")
@click.argument("org")
@click.argument("amount", type=int)
@as_json
def grant(org: str, amount: int, is_json: bool) -> None:
    """Give ORG (id or name) AMOUNT credits."""
    from app.services import credits as ledger
    from app.services import operator_keys

    with opened_desk() as desk:
        found = operator_keys.organization(org)
        name, org_id = found.name, found.id
        after = ledger.grant(desk, org_id, amount, actor=operator_keys.ACTOR)
        content = {"balance": after.balance, "used": after.used, "granted": after.granted}
        answer(is_json, content, lambda: click.echo(f"{name} has {after.balance} credits."))


@credits.command("balance")
@click.argument("org")
@as_json
def balance(org: str, is_json: bool) -> None:
    """Say what ORG has left."""
    from app.services import credits as ledger
    from app.services import operator_keys

    with opened_desk():
        found = operator_keys.organization(org)
        now = ledger.balance(found.id)
        content = {"balance": now.balance, "used": now.used, "granted": now.granted}
        answer(is_json, content, lambda: click.echo(f"{found.name} has {now.balance} credits."))
