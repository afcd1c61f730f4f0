"""The deprecation headers on every response to a request with an install ID."""

from flask import Request, Response, after_this_request

from app.domain.install_id_sunset import deprecation_headers
from app.http.request_context import runtime

#: The header `x-install-id` in a WSGI environment.
INSTALL_ID = "HTTP_X_INSTALL_ID"


def announce_to(request: Request) -> None:
    """Adds the headers to the response of a request that carries an install id."""
    if request.environ.get(INSTALL_ID):
        after_this_request(_announced)


def _announced(response: Response) -> Response:
    response.headers.update(deprecation_headers(runtime().settings.public_url))
    return response
