"""Compresses pages, and never one with a secret in it: the size of a compressed page betrays what is in it to somebody
who can have it loaded again and again with texts of their own (BREACH, https://breachattack.com)."""

import gzip
from typing import Any

from flask import Flask, Response, after_this_request, g, has_request_context, request, template_rendered
from jinja2 import Template

from app.domain.secret import Secret

#: Shorter pages fit into one packet as they are.
LEAST_BYTES = 1000
#: Of 9. A list of 50 keys takes 0.2 ms; the highest level takes longer for nothing.
LEVEL = 6


def register(app: Flask) -> None:
    """Call it before anything uses the template environment, which reads its options once."""
    app.jinja_options = {**app.jinja_options, "finalize": shown}
    # By a signal, so that responses without a template pass no further hook.
    template_rendered.connect(_rendered, app)


def shown(value: Any) -> Any:
    """What a template writes for a value; the only way to show a secret on a page."""
    if isinstance(value, Secret):
        g.shows_secret = True
        return value.reveal()
    return value


def _rendered(_app: Flask, template: Template, **_context: Any) -> None:
    if has_request_context() and (template.name or "").endswith(".html"):
        after_this_request(_compress)


def _compress(response: Response) -> Response:
    is_page = response.mimetype == "text/html" and not response.is_streamed
    if not is_page or response.content_encoding or g.get("shows_secret"):
        return response
    response.vary.add("Accept-Encoding")
    page = response.get_data()
    if len(page) >= LEAST_BYTES and request.accept_encodings.quality("gzip") > 0:
        response.set_data(gzip.compress(page, LEVEL, mtime=0))
        response.content_encoding = "gzip"
    return response
