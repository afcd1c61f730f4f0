"""`/openapi.json`: the API description."""

from flask import Blueprint, Response, current_app
from flask.json import dumps

from app.api.openapi_document.document import document
from app.http.guards import Public

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/openapi.json")
@Public("the same description for everybody")
def show() -> Response:
    """Generated at the first request and kept: the settings do not change while the process runs."""
    if "openapi" not in current_app.extensions:
        current_app.extensions["openapi"] = dumps(document(current_app), separators=(",", ":"))
    return Response(current_app.extensions["openapi"], mimetype="application/json")
