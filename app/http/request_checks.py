"""What no view should have to look at: foreign host names, bodies that are too large, what no database can look up."""

import re
from functools import lru_cache
from io import BytesIO
from typing import Any

from flask import Request
from werkzeug.exceptions import BadRequest, NotFound, RequestEntityTooLarge, SecurityError

from app.config import Settings
from app.http.cross_site import SAFE_METHODS
from app.services.runtime import Runtime

#: Bytes. The largest body that anybody needs to send is a form of a few fields.
MAX_BODY = 64 * 1024
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
#: Probes come by address, before any name is known.
_PROBES = frozenset({"/healthz", "/readyz"})


def check(request: Request, runtime: Runtime) -> None:
    environ = request.environ
    if "\x00" in environ["PATH_INFO"] or "%00" in environ.get("QUERY_STRING", ""):
        raise NotFound
    host = environ.get("HTTP_HOST", "")
    if not _trusts(runtime.settings, host) and environ["PATH_INFO"] not in _PROBES:
        raise SecurityError("This host name is not one that Keydesk answers to; see TRUSTED_HOSTS.")
    _limit_body(environ)


@lru_cache(maxsize=256)
def _trusts(settings: Settings, host: str) -> bool:
    return settings.trusts_host(host)


def _limit_body(environ: dict[str, Any]) -> None:
    """Not every view reads the body, and one may come in pieces or to its end without a length: all are measured here,
    and views rely on it."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length and _ends_by_itself(environ):
        body = environ["wsgi.input"].read(MAX_BODY + 1)
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = length = str(len(body))
    if length and not _LENGTH.fullmatch(length):
        raise BadRequest("Content-Length is no length.")
    if length and int(length) > MAX_BODY:
        raise RequestEntityTooLarge


def _ends_by_itself(environ: dict[str, Any]) -> bool:
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return True
    # Servers say so of every request; those that change nothing have a body only where they say it themselves.
    return bool(environ.get("wsgi.input_terminated")) and environ["REQUEST_METHOD"] not in SAFE_METHODS
