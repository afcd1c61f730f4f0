"""The accessibility conformance report of this software."""

from typing import Annotated, Any, cast

from flask import Blueprint
from pydantic import ConfigDict
from typing_extensions import TypedDict

from app.http.api_fields import field
from app.http.guards import RequireScope
from app.http.route_docs import RouteDocs
from app.services import accessibility

blueprint = Blueprint("api_accessibility", __name__)


class Report(TypedDict):
    """OpenACR, see https://github.com/GSA/openacr."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]

    title: Annotated[str, field("What it is.", "The Keydesk project Accessibility Conformance Report")]
    product: Annotated[dict[str, Any], field("What it is about.", {"name": "Keydesk"})]
    chapters: Annotated[
        dict[str, Any], field("Criteria and how far they hold.", {"success_criteria_level_a": {"criteria": []}})
    ]


@blueprint.get("/vpat")
@RequireScope()
@RouteDocs()
def show() -> Report:
    """This software's accessibility conformance report

    OpenACR as JSON: WCAG 2.2, levels A and AA. It claims what automated tests in a browser check, and nothing else.
    """
    return cast(Report, accessibility.report())
