"""How commands print keys, for people and as JSON."""

from dataclasses import asdict
from typing import Any, NoReturn

import click

from app.cli.output import fail
from app.domain.rfc3339 import rfc3339
from app.services.keys import IssuedKey
from app.services.operator_keys import NoSingleMatch
from app.store.keys import ApiKey, WorkingKey


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
