"""The description of the API, for programs."""

from flask import Blueprint, Response, current_app
from flask.json import dumps

from app.api.description.document import document
from app.http.guards import Public

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/openapi.json")
@Public("a description, the same for everybody")
def show() -> Response:
    """Made at the first request; settings do not change while a process lives."""
    if "openapi" not in current_app.extensions:
        current_app.extensions["openapi"] = dumps(document(current_app), separators=(",", ":"))
    return Response(current_app.extensions["openapi"], mimetype="application/json")
