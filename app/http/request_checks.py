"""Checks of every request before its guard: host name, body size, NUL characters that no database can look up."""

import re
from functools import lru_cache

from flask import Request
from werkzeug.exceptions import NotFound, SecurityError

from app.config import RESOURCE_METADATA, Settings
from app.http import body_limit
from app.services.runtime import Runtime

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
    body_limit.check(environ)


@lru_cache(maxsize=256)
def _trusts(settings: Settings, host: str) -> bool:
    return settings.trusts_host(host)


def _check_guarded_api(settings: Settings, host: str, path: str) -> None:
    """Raises `SecurityError` unless the host is a guarded API's and the path is one that Keydesk answers there."""
    if not _AT_GUARDED_APIS.fullmatch(path):
        raise SecurityError("Keydesk does not serve this host name. The operator can add it to TRUSTED_HOSTS.")
    if settings.resource_at(host) == settings.public_url:
        raise SecurityError("Keydesk guards no API at this host name. The operator can add its origin to API_URLS.")
