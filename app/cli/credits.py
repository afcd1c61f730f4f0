"""`credits`: grants credits to an organization, and shows its balance."""

import click

from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json
from app.services import credits as ledger
from app.services import operator_organizations
from app.services.operator_organizations import ACTOR


@click.group()
def credits() -> None:
    """Grant credits to an organization, or show its balance."""


@credits.command("grant")
@click.argument("org")
@click.argument("amount", type=int)
@as_json
def grant(org: str, amount: int, is_json: bool) -> None:
    """Grant AMOUNT credits to ORG (ID or name)."""
    with open_runtime() as runtime:
        found = operator_organizations.organization(org)
        name, org_id = found.name, found.id
        after = ledger.grant(runtime, org_id, amount, actor=ACTOR)
        content = {"balance": after.balance, "used": after.used, "granted": after.granted}
        answer(is_json, content, lambda: click.echo(f"{name} has {after.balance} credits."))


@credits.command("balance")
@click.argument("org")
@as_json
def balance(org: str, is_json: bool) -> None:
    """Show how many credits ORG (ID or name) has left."""
    with open_runtime():
        found = operator_organizations.organization(org)
        now = ledger.balance(found.id)
        content = {"balance": now.balance, "used": now.used, "granted": now.granted}
        answer(is_json, content, lambda: click.echo(f"{found.name} has {now.balance} credits."))
