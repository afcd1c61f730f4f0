"""Flask without some of the work that it does for every request and that no route of ours needs."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response
from werkzeug.routing import MapAdapter


class Keydesk(Flask):
    """No route depends on the host, and no view or hook is a coroutine."""

    def make_default_options_response(self) -> Response:
        """204 with `Allow`. Flask answers 200 with an empty page."""
        answer = super().make_default_options_response()
        answer.status_code = 204
        answer.headers.remove("Content-Type")
        return answer

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

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As in Flask, but does not inspect the function for being a coroutine at each request."""
        return func
