"""Flask without some of the work that it does for every request and that no route of ours needs."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response
from flask.typing import ResponseReturnValue
from pydantic_core import to_json
from werkzeug.routing import MapAdapter


class Keydesk(Flask):
    """No view or hook here is a coroutine, no route depends on the host, and most responses are JSON with a status."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """As in Flask, but takes the host as it was sent: `http.request_checks` checks it."""
        if request is None:
            return super().create_url_adapter(None)
        return MapAdapter(
            self.url_map,
            request.environ.get("HTTP_HOST", ""),
            f"{request.root_path}/",
            "",
            request.scheme,
            request.path,
            request.method,
            request.environ.get("QUERY_STRING", ""),
        )

    def make_response(self, rv: ResponseReturnValue) -> Response:
        if isinstance(rv, tuple) and len(rv) == 2 and isinstance(rv[0], dict) and isinstance(rv[1], int):
            return self.response_class(to_json(rv[0]) + b"\n", rv[1], mimetype="application/json")
        return super().make_response(rv)
