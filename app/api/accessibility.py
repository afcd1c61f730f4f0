"""The accessibility conformance report of this software."""

from typing import Any

from flask import Blueprint

from app.http.guards import ScopedKey
from app.services import accessibility

blueprint = Blueprint("api_accessibility", __name__)


@blueprint.get("/vpat")
@ScopedKey()
def show() -> dict[str, Any]:
    """OpenACR as JSON: WCAG 2.2, levels A and AA."""
    return accessibility.report()
