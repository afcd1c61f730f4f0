"""How commands print keys, for people and as JSON."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, NoReturn

import click

from app.cli.output import fail
from app.domain.rfc3339 import rfc3339
from app.services.keys import IssuedKey
from app.services.operator_keys import NoSingleMatch
from app.store.keys import ApiKey
from app.store.operator_keys import WorkingKey


def described(key: ApiKey | WorkingKey) -> dict[str, Any]:
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


def with_plaintext(issued: IssuedKey) -> dict[str, Any]:
    return described(issued.listed.key) | {"key": issued.plaintext.reveal()}


def no_single_match(error: NoSingleMatch) -> NoReturn:
    for key in error.matches:
        click.echo(f"  {key.start}*** | {key.name} | {key.org_id} | {key.id}", err=True)
    fail(error.detail)


def created(issued: IssuedKey) -> None:
    line = "-" * 40
    click.echo("API Key Created Successfully!")
    click.echo(line)
    click.echo(f"Name: {issued.listed.key.name}")
    click.echo(f"Token: {issued.plaintext.reveal()}")
    click.echo(line)
    click.echo("Keep this token safe! Pass it in the Authorization header as: Token <token>")


def expiry_by_policy(issued: IssuedKey) -> None:
    """Says when a key expires for which nobody chose an expiry, if it does."""
    if issued.listed.key.expires_at:
        click.echo(f"It expires at {rfc3339(issued.listed.key.expires_at)}, by the organization's policy.")


def active_keys(keys: Iterable[WorkingKey]) -> Iterator[str]:
    line = "-" * 60 + "\n"
    yield "Active API Keys\n" + line
    nothing = 'None yet. To create one, run: create --name "My key"\n'
    for key in keys:
        nothing = ""
        start = f"{key.start}***" if key.start else f"(imported as {key.id})"
        yield f"Token: {start} | Name: {key.name} | Created: {key.created_at:%Y-%m-%d %H:%M:%S}\n"
    yield nothing + line


def active_keys_as_json(keys: Iterable[WorkingKey]) -> Iterator[str]:
    """The same JSON as other lists, written in pieces, so that the list need not fit in memory."""
    before = '{"data": ['
    for key in keys:
        yield before + json.dumps(described(key), ensure_ascii=False)
        before = ", "
    yield ('{"data": [' if before.startswith("{") else "") + "]}\n"
