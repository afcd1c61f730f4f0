"""What no view should have to look at: foreign host names, bodies that are too large, paths no database can look up."""

from flask import current_app, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge, SecurityError

from app.http.context import desk

#: Probes come by address, before any name is known.
_PROBES = frozenset({"/healthz", "/readyz"})


def check() -> None:
    if "\x00" in request.path:
        raise NotFound
    if request.path not in _PROBES and not desk().settings.trusts_host(request.host):
        raise SecurityError("This host name is not one that Keydesk answers to; see TRUSTED_HOSTS.")
    # Reading a body enforces the limit too, but not every view reads one.
    if (request.content_length or 0) > current_app.config["MAX_CONTENT_LENGTH"]:
        raise RequestEntityTooLarge
