"""Install ids are deprecated; every answer to one says so and until when (RFC 9745, RFC 8594)."""

from flask import Response, request

from app.http.context import desk

INSTALL_ID = "x-install-id"
#: Since 1 January 2026.
DEPRECATED = "@1767225600"
SUNSET = "Thu, 31 Dec 2026 23:59:59 GMT"


def announce(response: Response) -> Response:
    if INSTALL_ID in request.headers:
        response.headers["Deprecation"] = DEPRECATED
        response.headers["Sunset"] = SUNSET
        page = f"{desk().settings.public_url}/install-ids"
        response.headers["Link"] = f'<{page}>; rel="deprecation"; type="text/html"'
    return response
