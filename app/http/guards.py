"""Guards: who may call a route. Every route has one; a route without a guard refuses everybody."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, TypeVar
from urllib.parse import unquote_plus

from flask import Flask, Request, after_this_request, g, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.domain import key_format
from app.domain.errors import (
    AmbiguousCredentials,
    CreditsExhausted,
    DomainError,
    Forbidden,
    InstallIdSunset,
    InsufficientScope,
    InvalidKey,
    IpNotAllowed,
    KeyDisabled,
    KeyExpired,
    KeyRevoked,
    LimiterUnavailable,
    MissingCredential,
    NotFound,
    RateLimited,
    ValidationFailed,
)
from app.domain.key_rate_limit import RateState
from app.domain.key_verification import KeyRecord
from app.domain.member_roles import Permission
from app.domain.non_ascii_headers import has_unreadable_cookies
from app.domain.presented_credentials import is_websocket_handshake, presented
from app.http import cookies, form_after_sign_in, security_events
from app.http.request_context import KeyManagerPerson, as_member, person, wants_json
from app.services import agent_session_tokens, key_verification, organizations
from app.services.organizations import Member
from app.services.runtime import Runtime

AnyResponse = TypeVar("AnyResponse", bound=Response)
View = TypeVar("View", bound=Callable[..., Any])
Errors = tuple[type[DomainError], ...]

_KEY_REFUSALS: Errors = (
    AmbiguousCredentials,
    MissingCredential,
    InvalidKey,
    KeyRevoked,
    KeyExpired,
    KeyDisabled,
    InstallIdSunset,
    IpNotAllowed,
    RateLimited,
    LimiterUnavailable,
)
#: `Authorization: Token KEY` and install IDs work too, but two alternatives are enough for generated clients.
_KEY_STYLES: tuple[str, ...] = ("apiKeyBearer", "apiKey")
_ORG_ID = {
    "org_id": "The ID of the organization. Required with a session cookie. With a key it can be left out: a key reads"
    " its own organization only."
}


class Guard:
    """The base class. `admit` returns None to let the request in or a response to send instead, or raises. It gets both
    arguments directly, because each lookup through Flask's proxies takes as long as a check."""

    #: The credentials it accepts: names of the security schemes in the API description.
    opened_by: ClassVar[tuple[str, ...]] = ()
    #: The errors that `admit` raises.
    errors: ClassVar[Errors] = ()
    #: The query parameters that `admit` reads, with their descriptions.
    query: ClassVar[Mapping[str, str]] = {}

    def admit(self, request: Request, runtime: Runtime) -> Response | None:
        raise NotImplementedError

    def __call__(self, view: View) -> View:
        setattr(view, "guard", self)  # noqa: B010 -- the registry of guards is the views themselves
        return view


@dataclass(frozen=True)
class Public(Guard):
    """Lets everybody in. `because` is the reason."""

    because: str

    def admit(self, request: Request, runtime: Runtime) -> None:  # noqa: ARG002 -- it lets every request in
        return None


@dataclass(frozen=True)
class RequireSignIn(Guard):
    """A signed-in user. Others are redirected to the sign-in page; for them, JSON routes raise an error."""

    opened_by = ("sessionCookie",)
    errors = (*_KEY_REFUSALS, Forbidden)

    def admit(self, request: Request, runtime: Runtime) -> Response | None:
        if wants_json():
            _refuse_keys(request, runtime)
            person()
        elif not current_user.is_authenticated:
            return redirect(url_for("sign_in.ask", next=_asked_page(request)))
        return None


def _asked_page(request: Request) -> str | None:
    """Where signing in leads back to: the page that was asked for, with its query, or the page of a form."""
    if request.method == "POST":
        return form_after_sign_in.keep(request)
    if request.method != "GET":
        return None
    # A key that somebody put into an address goes no further.
    is_clean = request.query_string and not key_format.found_in(unquote_plus(request.query_string.decode("latin-1")))
    return request.full_path if is_clean else request.path


@dataclass(frozen=True)
class RequireMember(RequireSignIn):
    """A signed-in member, with this permission, of the organization in the path. Others get `NotFound`."""

    permission: Permission
    errors = (*RequireSignIn.errors, NotFound)

    def admit(self, request: Request, runtime: Runtime) -> Response | None:
        answer = super().admit(request, runtime)
        if answer is None:
            # Removed from the view's arguments, so that no view can use another organization than the one checked.
            org_id = (request.view_args or {}).pop("org")
            g.member = as_member(org_id, self.permission)
        return answer


@dataclass(frozen=True)
class RequireKeyManager(Guard):
    """A user with a session cookie, or their agent with a session token. No other credential can manage keys."""

    opened_by = ("sessionToken", "sessionCookie")
    errors = RequireSignIn.errors

    def admit(self, request: Request, runtime: Runtime) -> None:
        credential, install_id = _presented(request)
        if credential is None and install_id is None:
            signed_in = person()
            g.manager = KeyManagerPerson(signed_in.id, signed_in.email)
        elif credential is not None and agent_session_tokens.is_session_token(runtime, credential):
            holder = agent_session_tokens.holder(runtime, credential)
            g.manager = KeyManagerPerson(holder.person_id, holder.email)
        else:
            _refuse_keys(request, runtime)


@dataclass(frozen=True)
class RequireKey(Guard):
    """Any active API key, whatever its scopes."""

    opened_by = _KEY_STYLES
    errors = _KEY_REFUSALS

    def admit(self, request: Request, runtime: Runtime) -> None:
        g.key = _key(request, runtime, scope=None)


@dataclass(frozen=True)
class RequireScope(Guard):
    """An API key with the scope that the policy requires for this route. `is_sample`: the route stands in for one of
    the guarded API, so the policy need not list it."""

    _: KW_ONLY
    is_sample: bool = False
    opened_by = _KEY_STYLES
    errors = (*_KEY_REFUSALS, InsufficientScope, Forbidden, CreditsExhausted)

    def admit(self, request: Request, runtime: Runtime) -> None:
        route = runtime.settings.policy.route(request.method, request.path)
        if route is None:
            raise Forbidden("The policy does not list this route, so no key can use it.")
        g.key = _key(request, runtime, scope=route.scope, cost=route.cost)


@dataclass(frozen=True)
class _OrMember(Guard):
    """Before a guard that requires a key: also lets in a signed-in member of the organization in `?org_id`."""

    permission: Permission
    opened_by = (*_KEY_STYLES, "sessionCookie")
    query = _ORG_ID

    def admit(self, request: Request, runtime: Runtime) -> None:
        if _comes_with_session_only(request):
            g.member = _member_of_asked(request, self.permission)
        else:
            super().admit(request, runtime)
            _refuse_other_organizations(request)


@dataclass(frozen=True)
class RequireKeyOrMember(_OrMember, RequireKey):
    """Any active API key, or a signed-in member with this permission of the organization in `?org_id`."""

    errors = (*RequireKey.errors, Forbidden, NotFound, ValidationFailed)


@dataclass(frozen=True)
class RequireScopeOrMember(_OrMember, RequireScope):
    """An API key as for `RequireScope`, or a signed-in member with this permission of the organization in `?org_id`."""

    errors = (*RequireScope.errors, NotFound, ValidationFailed)


def scoped_routes(app: Flask, *, sample: bool = False) -> list[tuple[str, str]]:
    """Method and path of each of our own routes that the policy must list; or, with `sample`, of each route that stands
    in for one of the guarded API."""
    guarded = [(rule, getattr(app.view_functions[rule.endpoint], "guard", None)) for rule in app.url_map.iter_rules()]
    return [
        (method, rule.rule)
        for rule, guard in guarded
        if isinstance(guard, RequireScope) and guard.is_sample is sample
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]


def enforce(app: Flask, request: Request) -> Response | None:
    """Runs the guard of the requested view. Called before every view."""
    rule = request.url_rule
    if rule is None or (request.method == "OPTIONS" and getattr(rule, "provide_automatic_options", False)):
        return None
    guard: Guard | None = getattr(app.view_functions[rule.endpoint], "guard", None)
    if guard is None:
        raise Forbidden("This route has no guard, so it is closed.")
    try:
        return guard.admit(request, app.extensions["runtime"])
    except (Forbidden, NotFound) as error:
        if current_user.is_authenticated:
            security_events.guard_refused(error, current_user.id)
        raise


def _presented(request: Request) -> tuple[str | None, str | None]:
    """The key or session token, and the install ID, of the request; at most one of the two."""
    # From the WSGI environment: this runs for every request with a key, and a lookup by header name takes ten times as
    # long.
    environ = request.environ
    get = environ.get
    websocket = is_websocket_handshake(environ["REQUEST_METHOD"], get("HTTP_UPGRADE"), get("HTTP_SEC_WEBSOCKET_KEY"))
    return presented(environ, request.args.getlist("token") if websocket else ())


def _key(request: Request, runtime: Runtime, scope: str | None, cost: int = 0) -> KeyRecord:
    environ = request.environ
    address, agent = environ.get("REMOTE_ADDR"), environ.get("HTTP_USER_AGENT")
    with runtime.counters.own_routes.adding():
        done = key_verification.verify_presented(runtime, _presented(request), scope, cost, address, agent)
        if done.rate is not None:
            _announce(done.rate)
        return key_verification.passed(done, scope, address).record


def _announce(rate: RateState) -> None:
    """Adds the `RateLimit` headers of the key's rate limit to the response, unless an error has set them."""

    def announced(response: AnyResponse) -> AnyResponse:
        if "RateLimit" not in response.headers:
            response.headers.update(rate.headers())
        return response

    after_this_request(announced)


def _comes_with_session_only(request: Request) -> bool:
    """A key decides, whatever session the browser sends beside it."""
    has_cookie = cookies.SESSION in request.cookies or has_unreadable_cookies(request.environ)
    return has_cookie and _presented(request) == (None, None)


def _member_of_asked(request: Request, permission: Permission) -> Member:
    who, org_id = person(), request.args.get("org_id")
    if not org_id:
        raise organizations.missing_org_id(who.id)
    return as_member(org_id, permission)


def _refuse_other_organizations(request: Request) -> None:
    """A key reads its own organization. Whoever asks for another one must not take the answer for that one's."""
    org_id = request.args.get("org_id")
    if org_id and org_id != g.key.org_id:
        raise NotFound


def _refuse_keys(request: Request, runtime: Runtime) -> None:
    """Raises if the request carries a key: a key takes precedence over the cookie, and cannot do what a user can."""
    if _presented(request) != (None, None):
        _key(request, runtime, scope=None)
        raise Forbidden("An API key cannot do this. Sign in instead, without sending a key.")
