"""Forward-auth, the hot path: answered in front of Flask (docs/adr/0017-verification-before-flask.md)."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from time import perf_counter
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

from app.config import RESOURCE_METADATA
from app.domain import forward_auth
from app.domain.client_address import believed, proxy_headers
from app.domain.errors import AmbiguousCredentials, DatabaseDown, DatabaseGone, DomainError, Fault
from app.domain.forward_auth import Asked, NothingAsked, NotListed
from app.domain.identity_headers import identity_headers
from app.domain.install_id_sunset import deprecation_headers
from app.domain.presented_credentials import explained, is_websocket_handshake, presented
from app.http.problem_details import CONTENT_TYPE, body, headers_of, status_of
from app.logs.request_id import answering
from app.services import key_verification
from app.services.key_cache import CachedKey
from app.services.key_verification import Verification
from app.services.runtime import Runtime
from app.store.database_errors import DATABASE_UNAVAILABLE
from app.wsgi.request_id import new_request_id, request_id
from app.wsgi.security_headers import NO_STORE

log = logging.getLogger("keydesk")

_EMPTY = ("Content-Length", "0")
_NO_TOKENS: list[str] = []
_ASKED_ONCE: tuple[()] = ()
_REASONS = {
    400: "400 Bad Request",
    401: "401 Unauthorized",
    402: "402 Payment Required",
    403: "403 Forbidden",
    429: "429 Too Many Requests",
    503: "503 Service Unavailable",
}


class ForwardAuth:
    """Tells a proxy whether a request may pass. If anything goes wrong, it may not."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._route, self._handshake = runtime.settings.policy.route, runtime.settings.policy.handshake
        self._hops = runtime.settings.trusted_hops
        self._count = runtime.counters.forward_auth.add
        self._count_accepted = runtime.counters.forward_auth.add_usual

    def answer(self, environ: WSGIEnvironment, start_response: StartResponse, below: str) -> Iterable[bytes]:
        """`below`: the path below `/v1/forward-auth`."""
        began = perf_counter()
        try:
            verified = self._verify(environ, _asked(environ, below, self._hops))
        except DomainError as error:
            own_id = request_id(environ, self._hops)
            return self._deny(environ, start_response, below, error, began, own_id=own_id)
        except DATABASE_UNAVAILABLE as error:
            own_id = request_id(environ, self._hops)
            with answering(own_id):
                self._runtime.counters.note_database_error(error, "verification")
            return self._deny(environ, start_response, below, DatabaseDown(), began, own_id=own_id)
        except Exception:
            own_id = request_id(environ, self._hops)
            fields = {"event": "verification.crashed", "request_id": own_id}
            log.exception("fault in forward-auth, so the request is refused", extra=fields)
            return self._deny(environ, start_response, below, Fault(), began, own_id=own_id)
        # Asked for here, because a call that only asks whether there are proxies is felt.
        own_id = request_id(environ, self._hops) if self._hops else new_request_id()
        if verified is None:
            self._count("PUBLIC", perf_counter() - began)
            nobody = identity_headers(None)
            start_response("200 OK", [*nobody, NO_STORE, _EMPTY, ("X-Request-Id", own_id)])
            return []
        self._count_accepted(perf_counter() - began)
        done, key = verified
        constant = key.headers or self._constant_headers(key)
        headers = constant + [("X-Request-Id", own_id)]  # noqa: RUF005 -- unpacking takes twice as long
        if done.rate is not None:
            headers += done.rate.headers()
        start_response("200 OK", headers)
        # A list, because Granian sends any other iterable piece by piece.
        return []

    def refuse(self, environ: WSGIEnvironment, start_response: StartResponse, below: str) -> Iterable[bytes]:
        """In place of `answer` once the database is lost."""
        own_id = request_id(environ, self._hops)
        return self._deny(environ, start_response, below, DatabaseGone(), perf_counter(), own_id=own_id)

    def _constant_headers(self, key: CachedKey) -> list[tuple[str, str]]:
        """The headers that are the same in every response for this key."""
        headers = identity_headers(key.record)
        headers += (NO_STORE, _EMPTY)
        if key.record.is_install:
            headers += deprecation_headers(self._runtime.settings.public_url)
        # Cached from the second time on: for a key that is used once, these would be most of what is cached.
        key.headers = _ASKED_ONCE if key.headers is None else headers
        return headers

    def _verify(self, environ: WSGIEnvironment, asked: Asked) -> tuple[Verification, CachedKey] | None:
        """Verifies the request's credential for the scope that the route table requires; None if the route is public.
        Raises the `DomainError` that says why it was not accepted."""
        get = environ.get
        tokens = _NO_TOKENS
        upgrade, websocket_key = get("HTTP_UPGRADE"), get("HTTP_SEC_WEBSOCKET_KEY")
        if upgrade and websocket_key and is_websocket_handshake(asked.method, upgrade, websocket_key):
            route = self._handshake(asked.path)
            tokens = parse_qs(asked.query).get("token", _NO_TOKENS)
        else:
            # `WEBSOCKET` is the route table's word for a handshake, and a request that just has this method is none.
            route = None if asked.method == "WEBSOCKET" else self._route(asked.method, asked.path)
        if route is None:
            self._count_unlisted(environ, asked, tokens)
            raise NotListed
        if route.public:
            return None
        credential = presented(environ, tokens)
        address = believed(get("REMOTE_ADDR"), get("HTTP_X_FORWARDED_FOR"), self._hops)
        done = key_verification.verify_presented(
            self._runtime, credential, route.scope, route.cost, address, get("HTTP_USER_AGENT")
        )
        return done, key_verification.passed(done, route.scope, address)

    def _count_unlisted(self, environ: WSGIEnvironment, asked: Asked, tokens: list[str]) -> None:
        """The request is refused whatever happens here."""
        get = environ.get
        with suppress(DomainError, *DATABASE_UNAVAILABLE):
            address = believed(get("REMOTE_ADDR"), get("HTTP_X_FORWARDED_FOR"), self._hops)
            credential, agent = presented(environ, tokens), get("HTTP_USER_AGENT")
            key_verification.count_unlisted(self._runtime, credential, asked.method, asked.path, address, agent)

    def _resource_metadata_url(self, environ: WSGIEnvironment) -> str:
        """Where the client finds out how to get a key for the API that it asked. Trusted proxies say which API that is;
        Envoy does so in `Host`. Only listed ones are named."""
        settings = self._runtime.settings
        if not (self._hops and settings.api_urls):
            return settings.resource_metadata_url
        host = environ.get("HTTP_X_FORWARDED_HOST") or environ.get("HTTP_HOST", "")
        return f"{settings.resource_at(host)}{RESOURCE_METADATA}"

    def _deny(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        below: str,
        error: DomainError,
        began: float,
        *,
        own_id: str,
    ) -> Iterable[bytes]:
        """Denies with 401 or 403, because nginx turns other statuses into 500, or with 503 for a fault. The path form
        and `?status=exact` get the real status."""
        self._count(error.error_code, perf_counter() - began)
        real = 401 if isinstance(error, AmbiguousCredentials) else status_of(error)
        exact = bool(below) or "status=exact" in environ.get("QUERY_STRING", "").split("&")
        status = real if exact or real in {401, 503} else 403
        error = explained(error, environ)
        content = body(status, error.error_code, error.detail, error.details).encode()
        headers = [
            *identity_headers(None),
            # nginx drops the body, but can pass this header on.
            ("X-Auth-Error-Code", error.error_code),
            NO_STORE,
            ("X-Request-Id", own_id),
            *headers_of(error, status, self._resource_metadata_url(environ)).items(),
            ("Content-Type", CONTENT_TYPE),
            ("Content-Length", str(len(content))),
        ]
        if real in {402, 429}:
            headers.append(("X-Auth-Status", str(real)))
            headers.append(("X-Auth-Retry-After", str(error.details.get("retry_after_seconds", "-"))))
        if environ.get("HTTP_X_INSTALL_ID"):
            headers += deprecation_headers(self._runtime.settings.public_url)
        start_response(_REASONS.get(status, f"{status} Refused"), headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]


def _asked(environ: WSGIEnvironment, below: str, hops: int) -> Asked:
    """The request that the proxy asks about; if it names it in several ways, they must agree. Raises `NothingAsked` and
    `NotCanonical`."""
    get, asked = environ.get, None
    if hops:
        method, uri = get("HTTP_X_ORIGINAL_METHOD"), get("HTTP_X_ORIGINAL_URI")
        if uri is not None or method is not None:
            asked = forward_auth.by_uri(method, uri)
        method, uri = get("HTTP_X_FORWARDED_METHOD"), get("HTTP_X_FORWARDED_URI")
        if uri is not None or method is not None:
            asked = forward_auth.agreed(asked, forward_auth.by_uri(method, uri))
    if below:
        path = below.encode("latin-1").decode("utf-8", "replace")
        said = forward_auth.by_path(environ["REQUEST_METHOD"], path, get("QUERY_STRING", ""))
        asked = forward_auth.agreed(asked, said)
    if asked is None:
        raise _nothing_asked(environ, hops)
    return asked


def _nothing_asked(environ: WSGIEnvironment, hops: int) -> NothingAsked:
    sent = () if hops else proxy_headers(environ)
    if not sent:
        return NothingAsked()
    return NothingAsked(
        f"The proxy's headers ({', '.join(sent)}) are not read, because TRUSTED_HOPS is 0."
        " Ask your operator to set it to the number of proxies in front of Keydesk."
    )
