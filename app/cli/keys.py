"""`create`, `list`, `revoke`, `rotate`: keys, offline."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from app.cli import key_settings
from app.cli.application import answer, as_json, fail, opened_desk


@click.command()
@click.option("--name", default="API key", show_default=True, help="What the key is for.")
@click.option("--org", help="Organization, by id or name.")
@click.option("--scope", "scopes", multiple=True, help="What it may do; repeat for several.")
@click.option("--expires-in-days", type=int, help="Days until it ends; without, it does not.")
@key_settings.rate
@key_settings.networks
@as_json
def create(*, is_json: bool, **wish: Any) -> None:
    """Create a key. Its text is shown this once."""
    from app.services import operator_keys
    from app.services.operator_keys import OperatorsWish

    with opened_desk() as desk:
        issued = operator_keys.create_key(desk, OperatorsWish(**wish))
        answer(is_json, described(issued.listed.key) | {"key": issued.plaintext}, lambda: _created(issued))


@click.command("list")
@as_json
def list_keys(is_json: bool) -> None:
    """List the working keys of all organizations."""
    from app.services import operator_keys

    with opened_desk() as desk:
        keys = operator_keys.working_keys(desk)
        sys.stdout.writelines(_listed_as_json(keys) if is_json else _listed(keys))


@click.command()
@click.argument("prefix")
@as_json
def revoke(prefix: str, is_json: bool) -> None:
    """Revoke the key that begins with PREFIX (at least 8 characters, with or without whk_)."""
    from app.services import operator_keys

    with opened_desk() as desk:
        try:
            key = operator_keys.revoke_key(desk, prefix)
        except operator_keys.NoSingleMatch as error:
            no_single_match(error)
        else:
            done = f"Successfully revoked key '{key.name}' starting with {key.start}"
            answer(is_json, described(key), lambda: click.echo(done))


@click.command()
@click.argument("prefix")
@click.option("--overlap", default=0, show_default=True, help="Seconds that the old key goes on working.")
@as_json
def rotate(prefix: str, overlap: int, is_json: bool) -> None:
    """Replace the key that begins with PREFIX by a new one."""
    from app.services import operator_keys

    with opened_desk() as desk:
        try:
            issued = operator_keys.rotate_key(desk, prefix, overlap)
        except operator_keys.NoSingleMatch as error:
            no_single_match(error)
        else:
            answer(is_json, described(issued.listed.key) | {"key": issued.plaintext}, lambda: _created(issued))


def described(key: Any) -> dict[str, Any]:
    from dataclasses import asdict

    from app.domain.times import rfc3339

    return {
        "id": key.id,
        "org_id": key.org_id,
        "name": key.name,
        "start": key.start,
        "scopes": list(key.scopes),
        "created_at": rfc3339(key.created_at),
        "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
        "revoked_at": rfc3339(key.revoked_at) if key.revoked_at else None,
        "rate_limit": asdict(key.rate_limit) if key.rate_limit else None,
        "networks": list(key.networks),
    }


def _created(issued: Any) -> None:
    line = "-" * 40
    click.echo("API Key Created Successfully!")
    click.echo(line)
    click.echo(f"Name: {issued.listed.key.name}")
    click.echo(f"Token: {issued.plaintext}")
    click.echo(line)
    click.echo("Keep this token safe! Pass it in the Authorization header as: Token <token>")


def _listed(keys: Iterable[Any]) -> Iterator[str]:
    line = "-" * 60 + "\n"
    yield "Active API Keys\n" + line
    nothing = 'None yet. Make one: create --name "My key"\n'
    for key in keys:
        nothing = ""
        start = f"{key.start}***" if key.start else "(imported)"
        yield f"Token: {start} | Name: {key.name} | Created: {key.created_at:%Y-%m-%d %H:%M:%S}\n"
    yield nothing + line


def _listed_as_json(keys: Iterable[Any]) -> Iterator[str]:
    """The same as for any other list, piece by piece."""
    before = '{"data": ['
    for key in keys:
        yield before + json.dumps(described(key), ensure_ascii=False)
        before = ", "
    yield ('{"data": [' if before.startswith("{") else "") + "]}\n"


def no_single_match(error: Any) -> None:
    for key in error.matches:
        click.echo(f"  {key.start}*** | {key.name} | {key.org_id}", err=True)
    fail(error.detail)
