"""What no view should have to look at: foreign host names, bodies that are too large, what no database can look up."""

from io import BytesIO

from flask import current_app, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge, SecurityError

from app.http.context import desk

#: Probes come by address, before any name is known.
_PROBES = frozenset({"/healthz", "/readyz"})


def check() -> None:
    if "\x00" in request.path or any("\x00" in value for value in request.args.values()):
        raise NotFound
    if request.path not in _PROBES and not desk().settings.trusts_host(request.host):
        raise SecurityError("This host name is not one that Keydesk answers to; see TRUSTED_HOSTS.")
    _limit_body(current_app.config["MAX_CONTENT_LENGTH"])


def _limit_body(most: int) -> None:
    """Not every view reads the body, and a chunked one says no length: both are measured here."""
    if request.content_length is None and "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        body = request.environ["wsgi.input"].read(most + 1)
        request.environ["wsgi.input"] = BytesIO(body)
        request.environ["CONTENT_LENGTH"] = str(len(body))
    if (request.content_length or 0) > most:
        raise RequestEntityTooLarge
