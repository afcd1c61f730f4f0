"""The headers of every response from Flask: security headers, a request ID, no caching, and CORS."""

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from app.config import Settings
from app.http import cors
from app.logs.request_id import answering
from app.wsgi.request_id import request_id

#: docs/security.md says what each is for.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    ("Content-Security-Policy", _CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
]

NO_STORE = ("Cache-Control", "no-store")

#: Not `no-referrer`: with that, browsers send `Origin: null` with our own forms, and `http.cross_site` refuses it.
_REFERRER = ("Referrer-Policy", "same-origin")
#: For a page whose address holds a secret: the origin alone, so that no log gets the address as a referrer.
_REFERRER_WITHOUT_PATH = ("Referrer-Policy", "strict-origin")
_CALLBACK = "/v1/auth/callback"


class SecurityHeaders:
    """Wraps all of Flask, so that no view can forget these headers."""

    def __init__(self, app: WSGIApplication, settings: Settings) -> None:
        self._app, self._hops = app, settings.trusted_hops
        self._headers = list(_HEADERS)
        if settings.public_url.startswith("https://"):
            self._headers.append(("Strict-Transport-Security", "max-age=31536000"))
        self._headers_without_path = [*self._headers, _REFERRER_WITHOUT_PATH]
        self._headers.append(_REFERRER)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # The only responses that may be cached; Flask says for how long.
        path = environ["PATH_INFO"]
        is_static = path.startswith("/static/")
        # Here, so that errors have them too: a page cannot read an answer without them.
        is_for_any_origin = cors.is_for_any_origin(path)
        own_id = request_id(environ, self._hops)
        constant = self._headers_without_path if _address_holds_secret(environ) else self._headers

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            headers += constant
            headers.append(("X-Request-Id", own_id))
            if is_for_any_origin:
                headers.extend(cors.HEADERS)
                if environ["REQUEST_METHOD"] == "OPTIONS":
                    headers.extend(cors.PREFLIGHT_HEADERS)
            if not (is_static and status[0] in "23"):
                headers.append(NO_STORE)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        with answering(own_id):
            return self._app(environ, start)


def _address_holds_secret(environ: WSGIEnvironment) -> bool:
    """Whether the URL has a link's token or a device code in it; a `next` parameter can hold either."""
    query: str = environ.get("QUERY_STRING", "")
    return environ["PATH_INFO"] == _CALLBACK or (query != "" and ("token" in query or "code" in query))
