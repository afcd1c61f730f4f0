"""`orgs policy`: shows what an organization allows its keys, or changes it."""

from collections.abc import Mapping
from typing import Any, cast

import click

from app.cli.app_context import open_runtime
from app.cli.output import answer, as_json
from app.domain.key_policy import LIMITED_ROLES, KeyPolicyChange, to_json
from app.domain.member_roles import Role
from app.domain.plural import counted
from app.services import key_policy, operator_organizations
from app.services.operator_organizations import ACTOR

_ROLE = click.Choice([role.value for role in LIMITED_ROLES])


@click.command()
@click.argument("org")
@click.option("--default-expiry", type=int, metavar="DAYS", help="Expiry of keys for which nobody chooses one.")
@click.option("--no-default-expiry", is_flag=True, help="Remove the default expiry.")
@click.option("--longest-expiry", type=int, metavar="DAYS", help="The longest life of a key. Keys then have to expire.")
@click.option("--no-longest-expiry", is_flag=True, help="Remove the longest life.")
@click.option("--expiry-required/--expiry-optional", default=None, help="Whether every key has to expire.")
@click.option(
    "--scope",
    "scopes",
    type=(_ROLE, str),
    multiple=True,
    metavar="ROLE SCOPE",
    help="A scope that the role may give. Repeat for several. Replaces all that the role has.",
)
@click.option("--no-scopes", type=_ROLE, multiple=True, metavar="ROLE", help="The role may give no scope.")
@click.option("--any-scopes", type=_ROLE, multiple=True, metavar="ROLE", help="Remove the limit of the role.")
@as_json
def policy(org: str, *, is_json: bool, **options: Any) -> None:
    """Show what ORG (ID or name) allows its keys, or change it.

    Options you leave out keep their value. No key stops working. The policy applies to new keys and to changes, of
    operators too, unless they use --override-policy.
    """
    wanted = _wanted(options)
    with open_runtime() as runtime:
        found = operator_organizations.organization(org)
        name, org_id = found.name, found.id
        if wanted:
            key_policy.change_as_operator(runtime, org_id, wanted, actor=ACTOR)
        content = to_json(key_policy.of(org_id))
        answer(is_json, content, lambda: _say(name, content))


def _wanted(options: Mapping[str, Any]) -> KeyPolicyChange:
    found: dict[str, Any] = {}
    for name in ("default_expiry", "longest_expiry"):
        if options[name] is not None and options[f"no_{name}"]:
            plain = name.replace("_", "-")
            raise click.UsageError(f"--{plain} and --no-{plain} cannot be combined.")
        if options[name] is not None or options[f"no_{name}"]:
            found[f"{name}_days"] = options[name]
    if options["expiry_required"] is not None:
        found["expiry_required"] = options["expiry_required"]
    if limits := _limits(options):
        found["scopes_by_role"] = limits
    return cast(KeyPolicyChange, found)


def _limits(options: Mapping[str, Any]) -> dict[Role, tuple[str, ...] | None]:
    given = [{role for role, _ in options["scopes"]}, set(options["no_scopes"]), set(options["any_scopes"])]
    if len(set().union(*given)) < sum(map(len, given)):
        raise click.UsageError("--scope, --no-scopes and --any-scopes cannot be combined for the same role.")
    named = {Role(role): tuple(scope for other, scope in options["scopes"] if other == role) for role in given[0]}
    return {**named, **{Role(role): () for role in given[1]}, **{Role(role): None for role in given[2]}}


def _say(name: str, content: Mapping[str, Any]) -> None:
    click.echo(f"Policy of {name} for its keys")
    click.echo(f"  Default expiry: {_days(content['default_expiry_days'])}")
    click.echo(f"  Longest expiry: {_days(content['longest_expiry_days'])}")
    click.echo(f"  Every key has to expire: {'yes' if content['expiry_required'] else 'no'}")
    for role, scopes in content["scopes_by_role"].items():
        said = "all that the role may give" if scopes is None else ", ".join(scopes) or "none"
        click.echo(f"  Scopes that {role}s may give: {said}")


def _days(number: int | None) -> str:
    return "none" if number is None else counted(number, "day")
