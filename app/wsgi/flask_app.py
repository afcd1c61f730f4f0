"""Flask as we use it: less of what every request pays for and none of ours needs."""

from flask import Flask, Request, Response
from flask.typing import ResponseReturnValue
from pydantic_core import to_json
from werkzeug.routing import MapAdapter


class Keydesk(Flask):
    """No route asks for a host, and most answers are JSON with a status."""

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """As Flask's, but the host is taken as it stands: `http.request_checks` decides about it."""
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
