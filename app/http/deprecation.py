"""The deprecation headers on every response to a request with an install ID."""

from flask import Response, request

from app.domain.install_ids import deprecation_headers
from app.http.context import runtime

#: The header `x-install-id` in a WSGI environment.
INSTALL_ID = "HTTP_X_INSTALL_ID"


def announce(response: Response) -> Response:
    if request.environ.get(INSTALL_ID):
        response.headers.update(deprecation_headers(runtime().settings.public_url))
    return response
