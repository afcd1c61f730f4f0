"""Protection against cross-site requests (CSRF), for forms and JSON alike (docs/adr/0004-cross-site.md)."""

from urllib.parse import urlsplit

from flask import Request

from app.config import is_localhost
from app.domain.errors import CrossSite
from app.http.cors import is_for_any_origin
from app.http.request_context import runtime

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def check(request: Request) -> None:
    """Raises `CrossSite` for a request with an unsafe method that a browser sends from another site.

    Browsers send `Sec-Fetch-Site`, older ones `Origin`, and pages cannot forge either. A client that sends neither is
    not a browser.
    """
    environ = request.environ
    if environ["REQUEST_METHOD"] in SAFE_METHODS or is_for_any_origin(environ["PATH_INFO"]):
        return
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise CrossSite
        return
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and not _is_ours(origin, request.host):
        raise CrossSite


def _is_ours(origin: str, host: str) -> bool:
    if origin == runtime().settings.public_url:
        return True
    # In development the server has several names: localhost, 127.0.0.1, a forwarded port.
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return runtime().settings.on_localhost and parts.netloc == host and is_localhost(parts.hostname or "")
