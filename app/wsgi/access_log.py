"""The access log (`ACCESS_LOG`): an entry for each response, without anything that could be a secret."""

import logging
from collections.abc import Iterable
from time import perf_counter
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from app.domain.forward_auth import PATH

log = logging.getLogger("keydesk.access")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: The fields that come from headers of the response.
_FIELDS = {
    "X-Request-Id": "request_id",
    "X-Auth-Key-Id": "key",
    "X-Auth-Org-Id": "organization",
    "X-Auth-Error-Code": "error_code",
}


class AccessLog:
    """Wraps all of Keydesk, if the access log is on.

    Of the path it writes the route's pattern: a path can hold a key or code that somebody put there by mistake. It
    writes no query, header of the request, or address.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = perf_counter()
        fields: dict[str, object] = {"event": "request.answered"}

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            fields["status"] = int(status[:3])
            fields.update({_FIELDS[name]: value for name, value in headers if name in _FIELDS and value != "-"})
            if any(name == "X-Auth-Org-Id" for name, _ in headers):
                environ["keydesk.route"] = PATH
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        answer = self._app(environ, start)
        method = environ["REQUEST_METHOD"]
        fields["method"] = method if method in _METHODS else "other"
        fields["route"] = environ.get("keydesk.route", "none")
        fields["ms"] = round((perf_counter() - began) * 1000, 3)
        log.info("", extra=fields)
        return answer
