"""What a request is about, once its guard has let it in."""

from typing import NamedTuple, cast

from flask import current_app, g, request
from flask_login import current_user

from app.config import is_localhost
from app.domain import client_address
from app.domain.errors import MissingCredential
from app.domain.key_verification import KeyRecord
from app.http.current_user import SignedInPerson
from app.services.organizations import Member
from app.services.runtime import Runtime

_FOR_PROGRAMS = frozenset({"/healthz", "/readyz", "/openapi.json", "/auth.md", "/llms.txt"})


class KeyManagerPerson(NamedTuple):
    person_id: str
    email: str


def runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["runtime"])


def person() -> SignedInPerson:
    """The signed-in person. Raises `MissingCredential` when nobody is."""
    if not current_user.is_authenticated:
        raise MissingCredential("Sign in first: this needs a session that is still alive.")
    return cast(SignedInPerson, current_user)


def member() -> Member:
    """The signed-in person in the organization that the address names. Routes guarded by `Member` only."""
    return cast(Member, g.member)


def manager() -> KeyManagerPerson:
    """The person who manages keys, by cookie or by session token. Routes guarded by `KeyManager` only."""
    return cast(KeyManagerPerson, g.manager)


def key() -> KeyRecord:
    """The key that the request presents. Routes guarded by `AnyKey` or `ScopedKey` only."""
    return cast(KeyRecord, g.key)


def client() -> str:
    """Who asks, as limits count it."""
    return client_address.counted(request.remote_addr or "")


def user_agent() -> str:
    return request.headers.get("User-Agent", "")


def shows_dev_secrets() -> bool:
    """Dev mode, asked by this very machine: with HOST=0.0.0.0 others get a page, not a way in as anybody."""
    return runtime().settings.dev_mode and is_localhost(request.environ.get("keydesk.peer", ""))


def wants_json() -> bool:
    """Programs get JSON, people get pages; the address says which (docs/adr/0002-errors-and-validation.md)."""
    path = request.path
    if path == "/v1/auth/callback":
        return False
    return path == "/v1" or path.startswith(("/v1/", "/.well-known/")) or path in _FOR_PROGRAMS
