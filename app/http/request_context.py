"""What views read about the current request: the runtime, the user, member or key that its guard found, the client."""

from collections.abc import Sequence
from typing import NamedTuple, cast

from flask import current_app, g, request
from flask_login import current_user

from app.config import is_localhost, without_port
from app.domain import client_address
from app.domain.errors import MissingCredential
from app.domain.key_verification import KeyRecord
from app.domain.member_roles import Permission
from app.domain.non_ascii_headers import COOKIE_PROBLEM, has_unreadable_cookies
from app.http.current_user import SignedInPerson
from app.services import organizations as service
from app.services.organizations import Member
from app.services.outbox import Asker
from app.services.runtime import Runtime
from app.store.memberships import OrganizationOf

#: Characters of a User-Agent that are kept.
MAX_PROGRAM = 300
_FOR_PROGRAMS = frozenset({"/healthz", "/readyz", "/openapi.json", "/auth.md", "/llms.txt"})


class KeyManagerPerson(NamedTuple):
    person_id: str
    email: str


def runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["runtime"])


def person() -> SignedInPerson:
    """The signed-in user. Raises `MissingCredential` if nobody is signed in."""
    if not current_user.is_authenticated:
        if has_unreadable_cookies(request.environ):
            raise MissingCredential(COOKIE_PROBLEM)
        raise MissingCredential("Sign in first. The request has no valid session.")
    return cast(SignedInPerson, current_user)


def member() -> Member:
    """The signed-in user as a member of the organization in the path. Only for routes guarded by `RequireMember`, or
    by `RequireKeyOrMember` or `RequireScopeOrMember` and called with a session."""
    return cast(Member, g.member)


def organizations() -> Sequence[OrganizationOf]:
    """The organizations of the signed-in user. Guard, view and navigation share one read of them."""
    if "organizations" not in g:
        g.organizations = service.of_person(person().id)
    return cast(Sequence[OrganizationOf], g.organizations)


def as_member(org_id: str, permission: Permission) -> Member:
    """The signed-in user as a member, with this permission, of the organization. Raises `NotFound` for others, and
    `Forbidden`."""
    who = person()
    return service.member(who.id, who.email, org_id, permission, theirs=organizations())


def manager() -> KeyManagerPerson:
    """The user who manages keys, by cookie or session token. Only for routes guarded by `RequireKeyManager`."""
    return cast(KeyManagerPerson, g.manager)


def key() -> KeyRecord:
    """The key that the request presents. Only for routes guarded by `RequireKey` or `RequireScope`."""
    return cast(KeyRecord, g.key)


def is_of_member() -> bool:
    """Whether a member calls, with a session, and not a key."""
    return "member" in g


def organization_id() -> str:
    """The key's organization, or the one that the member asks for. Only for routes guarded by `RequireKeyOrMember` or
    `RequireScopeOrMember`."""
    return member().org_id if is_of_member() else key().org_id


def client() -> str:
    """The client's address as limits count it: IPv4, or the /64 of IPv6."""
    return client_address.counted(request.remote_addr or "")


def user_agent() -> str:
    return request.headers.get("User-Agent", "")


def asker() -> Asker:
    """Who asks for a mail, as the mail says it."""
    return Asker(request.remote_addr or "", user_agent()[:MAX_PROGRAM])


def shows_dev_secrets() -> bool:
    """Whether this is dev mode and the client is on this machine. No other machine may sign in as anybody.

    The peer is not enough: a proxy on this machine is one, and its clients are anywhere. Most proxies show by a header
    or by the `Host` that they pass on; one that does neither cannot be told from a client.
    """
    environ = request.environ
    return (
        runtime().settings.dev_mode
        and is_localhost(environ.get("keydesk.peer", ""))
        and is_localhost(environ.get("REMOTE_ADDR") or "")
        and is_localhost(without_port(environ.get("HTTP_HOST", "")))
        and not client_address.proxy_headers(environ)
    )


def wants_json() -> bool:
    """Whether an error is JSON for a program or a page: the path decides (docs/adr/0002-errors-and-validation.md)."""
    path = request.path
    if path == "/v1/auth/callback":
        return False
    return path == "/v1" or path.startswith(("/v1/", "/.well-known/")) or path in _FOR_PROGRAMS
