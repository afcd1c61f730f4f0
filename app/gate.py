"""The hot path: `/v1/forward-auth` is answered here, before Flask wakes up (contract, Forward-auth)."""

import logging
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from app.domain import forward_auth
from app.domain.credentials import is_websocket_handshake, presented_key
from app.domain.errors import AmbiguousCredentials, DatabaseDown, DomainError, Fault, MissingCredential
from app.domain.forward_auth import Asked, NothingAsked, NotListed
from app.domain.install_ids import deprecation_headers
from app.domain.verification import KeyRecord
from app.problems import CONTENT_TYPE, body, headers_of, status_of
from app.security_headers import NO_STORE, new_request_id
from app.services import verification
from app.services.desk import Desk
from app.services.verification import Verification
from app.store.errors import DATABASE_UNAVAILABLE

log = logging.getLogger("keydesk")

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]

_PATH, _LENGTH = forward_auth.PATH, len(forward_auth.PATH)
_EMPTY = ("Content-Length", "0")
_REASONS = {
    400: "400 Bad Request",
    401: "401 Unauthorized",
    402: "402 Payment Required",
    403: "403 Forbidden",
    429: "429 Too Many Requests",
    503: "503 Service Unavailable",
}


class Gate:
    """One spelling of `/v1` for everybody; forward-auth is answered here, everything else by `app`."""

    def __init__(self, app: WsgiApp, desk: Callable[[], Desk]) -> None:
        self._app, self._desk = app, desk

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if path == _PATH:
            return self._forward_auth(environ, start_response, "")
        if path.startswith("/api/v1") and path[7:8] in {"", "/"}:
            environ["PATH_INFO"] = path = path[4:]
        if path.startswith(_PATH) and path[_LENGTH : _LENGTH + 1] in {"", "/"}:
            return self._forward_auth(environ, start_response, path[_LENGTH:])
        return self._app(environ, start_response)

    def _forward_auth(self, environ: Environ, start_response: StartResponse, below: str) -> Iterable[bytes]:
        desk = self._desk()
        try:
            asked = _asked(environ, below, trusted=desk.settings.trusted_hops > 0)
            done, record = _verify(desk, environ, asked)
        except DomainError as error:
            return self._deny(environ, start_response, below, error)
        except DATABASE_UNAVAILABLE as error:
            log.error("forward-auth: database unavailable: %s", error)
            return self._deny(environ, start_response, below, DatabaseDown())
        except Exception:
            log.exception("forward-auth: fault, so the request is refused")
            return self._deny(environ, start_response, below, Fault())
        identity = record.identity
        if identity is None:
            identity = record.identity = forward_auth.identity_headers(record)
        headers = [*identity, NO_STORE, _EMPTY, ("X-Request-Id", new_request_id())]
        if done.rate is not None:
            headers += done.rate.headers()
        if record.is_install:
            headers += deprecation_headers(desk.settings.public_url)
        start_response("200 OK", headers)
        return ()

    def _deny(self, environ: Environ, start_response: StartResponse, below: str, error: DomainError) -> Iterable[bytes]:
        """401 or 403, because nginx turns any other code into 500; the real one where the proxy takes it."""
        real = 401 if isinstance(error, AmbiguousCredentials) else status_of(error)
        exact = bool(below) or "status=exact" in environ.get("QUERY_STRING", "").split("&")
        status = real if exact or real in {401, 503} else 403
        content = body(status, error.error_code, error.detail, error.details).encode()
        headers = [
            *forward_auth.identity_headers(None),
            # nginx drops the body, and can name the reason by this.
            ("X-Auth-Error-Code", error.error_code),
            NO_STORE,
            ("X-Request-Id", new_request_id()),
            *headers_of(error, status, self._desk().settings.resource_metadata_url).items(),
            ("Content-Type", CONTENT_TYPE),
            ("Content-Length", str(len(content))),
        ]
        if real in {402, 429}:
            headers.append(("X-Auth-Status", str(real)))
            headers.append(("X-Auth-Retry-After", str(error.details.get("retry_after_seconds", "-"))))
        if environ.get("HTTP_X_INSTALL_ID"):
            headers += deprecation_headers(self._desk().settings.public_url)
        start_response(_REASONS.get(status, f"{status} Refused"), headers)
        return () if environ["REQUEST_METHOD"] == "HEAD" else (content,)


def _asked(environ: Environ, below: str, *, trusted: bool) -> Asked:
    """What the proxy asks about, in however many ways it says so. Raises `NothingAsked` and `NotCanonical`."""
    asked: Asked | None = None
    if below:
        path = below.encode("latin-1").decode("utf-8", "replace")
        asked = forward_auth.by_path(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""))
    if trusted:
        for method, uri in (
            (environ.get("HTTP_X_ORIGINAL_METHOD"), environ.get("HTTP_X_ORIGINAL_URI")),
            (environ.get("HTTP_X_FORWARDED_METHOD"), environ.get("HTTP_X_FORWARDED_URI")),
        ):
            if method is None and uri is None:
                continue
            said = forward_auth.by_uri(method, uri)
            if asked is not None and not forward_auth.agree(asked, said):
                raise NothingAsked
            asked = said
    if asked is None:
        raise NothingAsked
    return asked


def _verify(desk: Desk, environ: Environ, asked: Asked) -> tuple[Verification, KeyRecord]:
    """The verification of whatever credential is presented, for the scope that the route table asks for. Raises the
    `DomainError` that says why not."""
    get = environ.get
    websocket = is_websocket_handshake(asked.method, get("HTTP_UPGRADE"), get("HTTP_SEC_WEBSOCKET_KEY"))
    policy = desk.settings.policy
    route = policy.route("WEBSOCKET", asked.path) if websocket else None
    if route is None:
        route = policy.route(asked.method, asked.path)
        if route is None:
            raise NotListed
    tokens = parse_qs(asked.query).get("token", ()) if websocket else ()
    key, install_id = (
        presented_key(get("HTTP_X_API_KEY"), get("HTTP_AUTHORIZATION"), tokens),
        get("HTTP_X_INSTALL_ID") or None,
    )
    address = _address(environ, desk.settings.trusted_hops)
    if key is not None:
        if install_id is not None:
            raise AmbiguousCredentials
        agent = get("HTTP_USER_AGENT")
        done = verification.verify(desk, key, scope=route.scope, cost=route.cost, address=address, agent=agent)
    elif install_id is not None:
        done = verification.verify_install(desk, install_id, scope=route.scope, cost=route.cost, address=address)
    else:
        raise MissingCredential("Send an API key, e.g. in the header x-api-key.")
    return done, verification.passed(done, route.scope)


def _address(environ: Environ, hops: int) -> str | None:
    """The client's address as ProxyFix finds it: so many trusted proxies from the right."""
    if hops:
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(forwarded) >= hops:
            return str(forwarded[-hops]).strip()
    return environ.get("REMOTE_ADDR")
