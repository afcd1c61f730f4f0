"""Which host names we answer to, and addresses that no database can look up."""

from flask import request
from werkzeug.exceptions import NotFound, SecurityError

from app.http.context import desk

#: Probes come by address, before any name is known.
_PROBES = frozenset({"/healthz", "/readyz"})


def check() -> None:
    if "\x00" in request.path:
        raise NotFound
    if request.path not in _PROBES and not desk().settings.trusts_host(request.host):
        raise SecurityError("This host name is not one that Keydesk answers to; see TRUSTED_HOSTS.")
