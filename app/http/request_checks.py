"""Checks of every request before its guard: host name, body size, NUL characters that no database can look up."""

import re
from functools import lru_cache
from io import BytesIO
from typing import Any

from flask import Request
from werkzeug.exceptions import BadRequest, NotFound, RequestEntityTooLarge, SecurityError

from app.config import RESOURCE_METADATA, Settings
from app.http.cross_site import SAFE_METHODS
from app.services.runtime import Runtime

#: Bytes. The largest body that anybody needs to send is a form with a few fields.
MAX_BODY = 64 * 1024
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
#: Health probes use the IP address instead of a host name.
_PROBES = frozenset({"/healthz", "/readyz"})
#: Proxies pass these on from the hosts of guarded APIs, whose clients look there for how to get a key.
_AT_GUARDED_APIS = re.compile(rf"/auth\.md|{re.escape(RESOURCE_METADATA)}(/.*)?", re.DOTALL)


def check(request: Request, runtime: Runtime) -> None:
    environ = request.environ
    if "\x00" in environ["PATH_INFO"] or "%00" in environ.get("QUERY_STRING", ""):
        raise NotFound
    host = environ.get("HTTP_HOST", "")
    if not _trusts(runtime.settings, host) and environ["PATH_INFO"] not in _PROBES:
        _check_guarded_api(runtime.settings, host, environ["PATH_INFO"])
    _limit_body(environ)


@lru_cache(maxsize=256)
def _trusts(settings: Settings, host: str) -> bool:
    return settings.trusts_host(host)


def _check_guarded_api(settings: Settings, host: str, path: str) -> None:
    """Raises `SecurityError` unless the host is a guarded API's and the path is one that Keydesk answers there."""
    if not _AT_GUARDED_APIS.fullmatch(path):
        raise SecurityError("Keydesk does not serve this host name. The operator can add it to TRUSTED_HOSTS.")
    if settings.resource_at(host) == settings.public_url:
        raise SecurityError("Keydesk guards no API at this host name. The operator can add its origin to API_URLS.")


def _limit_body(environ: dict[str, Any]) -> None:
    """Refuses a body over `MAX_BODY`. A body without a length (chunked, or up to the end of input) is read here, so
    that views can rely on `CONTENT_LENGTH`."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length and _ends_by_itself(environ):
        body = environ["wsgi.input"].read(MAX_BODY + 1)
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = length = str(len(body))
    if length and not _LENGTH.fullmatch(length):
        raise BadRequest("The Content-Length header is not a number of bytes.")
    if length and int(length) > MAX_BODY:
        raise RequestEntityTooLarge


def _ends_by_itself(environ: dict[str, Any]) -> bool:
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return True
    # Servers set this for every request, but a request with a safe method has a body only if it declares one.
    return bool(environ.get("wsgi.input_terminated")) and environ["REQUEST_METHOD"] not in SAFE_METHODS
