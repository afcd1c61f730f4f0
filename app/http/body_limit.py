"""The largest body of a request."""

import re
from io import BytesIO
from typing import Any

from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from app.http.cross_site import SAFE_METHODS

#: Bytes. The largest body that anybody needs to send is a form with a few fields.
MAX_BODY = 64 * 1024
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)


def check(environ: dict[str, Any]) -> None:
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
