"""Flask without work that every request pays for and none of ours needs."""

from flask import Flask, Request
from werkzeug.routing import MapAdapter


class Keydesk(Flask):
    """No route asks for a host."""

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
