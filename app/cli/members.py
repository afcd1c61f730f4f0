"""`members`: lists, adds, removes, disables and enables members, and sets their roles."""

import sys
from collections.abc import Sequence

import click

from app.cli.app_context import open_runtime
from app.cli.key_output import created
from app.cli.output import answer, as_json
from app.domain.member_roles import Role
from app.domain.plural import counted
from app.services import operator_members
from app.services.keys import IssuedKey
from app.services.members import to_json
from app.store.keys import ApiKey
from app.store.members import MemberListed

_KEYS = click.Choice(["keep", "revoke"])
_KEYS_OF_REMOVED = click.Choice(["keep", "hand-over", "rotate", "revoke"])
_LAST_OWNER = click.option("--last-owner", is_flag=True, help="Do it although nobody else is an owner of ORG.")
_ROLE = click.Choice([role.value for role in Role])


@click.group()
def members() -> None:
    """List, add, remove, disable or enable members."""


@members.command("list")
@click.argument("org")
@as_json
def list_members(org: str, is_json: bool) -> None:
    """List the members of ORG (ID or name)."""
    with open_runtime() as runtime:
        found = operator_members.everybody(runtime, org)
        answer(is_json, {"data": [to_json(row) for row in found]}, lambda: click.echo("\n".join(_lines(found))))


def _lines(found: Sequence[MemberListed]) -> list[str]:
    return [
        f"{row.email} | {row.role.value} | {counted(row.keys, 'working key')}{' | disabled' if row.disabled else ''}"
        for row in found
    ] or ["None yet."]


@members.command("add")
@click.argument("org")
@click.argument("email")
@click.option("--role", type=_ROLE, default="member", show_default=True)
@click.option(
    "--keys", type=_KEYS, help="What to do with the keys that they could not create in this role. Keeps them."
)
@_LAST_OWNER
def add_member(org: str, email: str, role: str, keys: str | None, last_owner: bool) -> None:
    """Add EMAIL to ORG (ID or name), or change their role.

    Active keys of theirs that they could not create in the new role are named. They keep working, unless you say
    --keys revoke.
    """
    with open_runtime() as runtime:
        revokes = keys == "revoke"
        beyond = operator_members.add_member(
            runtime, org, email, Role(role), revoke_keys=revokes, last_owner=last_owner
        )
        _say_role(org, email, role, keys, beyond)


@members.command("set-role")
@click.argument("org")
@click.argument("email")
@click.argument("role", type=_ROLE)
@click.option(
    "--keys", type=_KEYS, help="What to do with the keys that they could not create in this role. Keeps them."
)
@_LAST_OWNER
def set_role(org: str, email: str, role: str, keys: str | None, last_owner: bool) -> None:
    """Give the member EMAIL of ORG (ID or name) another ROLE.

    As members add, for somebody who is a member already.
    """
    with open_runtime() as runtime:
        revokes = keys == "revoke"
        beyond = operator_members.set_role(runtime, org, email, Role(role), revoke_keys=revokes, last_owner=last_owner)
        _say_role(org, email, role, keys, beyond)


def _say_role(org: str, email: str, role: str, keys: str | None, beyond: Sequence[ApiKey]) -> None:
    click.echo(f"{email} is {role} of {org}.")
    if beyond or keys:
        click.echo(_left(beyond, keys, f"Still active, although {Role(role).with_article} could not create them"))


@members.command("remove")
@click.argument("org")
@click.argument("email")
@click.option(
    "--keys",
    type=_KEYS_OF_REMOVED,
    help="What to do with the active keys of EMAIL in ORG. hand-over, rotate: for ORG, or --to a member. Or else asks.",
)
@click.option(
    "--to",
    metavar="EMAIL",
    help="With --keys hand-over or rotate: the member whom the keys, or the new ones, belong to.",
)
@click.option(
    "--overlap", type=int, help="With --keys rotate: seconds for which the old keys keep working.  [default: 0]"
)
@_LAST_OWNER
def remove_member(
    org: str, email: str, *, keys: str | None, to: str | None, overlap: int | None, last_owner: bool
) -> None:
    """Remove EMAIL from ORG (ID or name).

    Scripts must say --keys keep, hand-over, rotate or revoke: keys work without the person whom they belong to. That
    person still knows the keys that are kept or handed over. The keys that replace rotated ones are shown once.
    """
    if to and keys not in {"hand-over", "rotate"}:
        raise click.UsageError("--to needs --keys hand-over or rotate.")
    if overlap is not None and keys != "rotate":
        raise click.UsageError("--overlap needs --keys rotate.")
    with open_runtime() as runtime:
        keys = keys or _asked(email, operator_members.keys_of_member(runtime, org, email))
        if keys == "rotate":
            successors = operator_members.remove_member_and_rotate_keys(
                runtime, org, email, to=to, overlap_seconds=overlap or 0, last_owner=last_owner
            )
            click.echo(f"{email} is no longer a member of {org}.")
            _say_rotated(successors, to or org, overlap or 0)
            return
        theirs = operator_members.remove_member(
            runtime,
            org,
            email,
            revoke_keys=keys == "revoke",
            hand_over_keys=keys == "hand-over",
            to=to,
            last_owner=last_owner,
        )
        click.echo(f"{email} is no longer a member of {org}.")
        done = {"revoke": "Revoked", "hand-over": f"Handed over to {to or org}, and still active"}
        click.echo(_listed(done.get(keys, "Still active"), theirs))


def _say_rotated(successors: Sequence[IssuedKey], owner: str, overlap: int) -> None:
    if not successors:
        click.echo("Rotated: no keys.")
        return
    old = f"keep working for {overlap} seconds" if overlap else "are refused from now on"
    click.echo(f"The new keys belong to {owner}. The old ones {old}.")
    for issued in successors:
        click.echo()
        created(issued)


def _asked(email: str, theirs: Sequence[ApiKey]) -> str:
    """`keep`, `hand-over`, `rotate` or `revoke`, from whoever sits at the terminal."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"Say --keys keep, hand-over, rotate or revoke. {_listed(f'Keys of {email}', theirs)}")
    if not theirs:
        return "keep"
    click.echo(_listed(f"Keys of {email}", theirs), err=True)
    return str(click.prompt("Keep these keys, hand them over, rotate or revoke them?", type=_KEYS_OF_REMOVED, err=True))


def _left(found: Sequence[ApiKey], keys: str | None, still_active: str = "Still active") -> str:
    """The keys that a change left or revoked, with the way to revoke them for whoever did not say what to do."""
    if keys == "revoke":
        return _listed("Revoked", found)
    way_out = "\nTo revoke them, run this again with --keys revoke." if found and keys is None else ""
    return _listed(still_active, found) + way_out


def _listed(what: str, keys: Sequence[ApiKey]) -> str:
    return "\n  ".join([f"{what}:" if keys else f"{what}: no keys.", *(f"{key.name} ({key.start}***)" for key in keys)])


@members.command("disable")
@click.argument("email")
@click.option("--keys", type=_KEYS, help="What to do with the active keys of EMAIL. Keeps them by default.")
def disable_member(email: str, keys: str | None) -> None:
    """Disable the person with the address EMAIL.

    Their sessions, session tokens and sign-up keys are refused until they are enabled again. Other keys that
    belong to them are named and keep working. --keys revoke revokes all of them for good, in every organization.
    """
    with open_runtime() as runtime:
        theirs = operator_members.set_person_disabled(runtime, email, disabled=True, revoke_keys=keys == "revoke")
        click.echo(f"{email} is disabled.")
        click.echo(_left(theirs, keys))


@members.command("enable")
@click.argument("email")
def enable_member(email: str) -> None:
    """Enable the person with the address EMAIL again."""
    with open_runtime() as runtime:
        operator_members.set_person_disabled(runtime, email, disabled=False)
        click.echo(f"{email} is enabled.")
