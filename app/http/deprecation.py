"""Every answer to an install id says that it is deprecated."""

from flask import Response, request

from app.domain.install_ids import deprecation_headers
from app.http.context import desk

INSTALL_ID = "x-install-id"


def announce(response: Response) -> Response:
    if INSTALL_ID in request.headers:
        response.headers.update(deprecation_headers(desk().settings.public_url))
    return response
