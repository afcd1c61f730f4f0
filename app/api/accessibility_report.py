"""`GET /v1/vpat`: Keydesk's accessibility conformance report."""

from typing import Annotated, Any, cast

from flask import Blueprint
from pydantic import ConfigDict
from typing_extensions import TypedDict

from app.domain.member_roles import Permission
from app.http.field_types import field
from app.http.guards import RequireScopeOrMember
from app.http.route_docs import RouteDocs
from app.services import accessibility_report

blueprint = Blueprint("api_accessibility", __name__)


class Report(TypedDict):
    """An OpenACR report, see https://github.com/GSA/openacr."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]

    title: Annotated[str, field("The title of the report.", "The Keydesk project Accessibility Conformance Report")]
    product: Annotated[dict[str, Any], field("The product it is about.", {"name": "Keydesk"})]
    chapters: Annotated[
        dict[str, Any],
        field("The success criteria, and how far each is met.", {"success_criteria_level_a": {"criteria": []}}),
    ]


@blueprint.get("/vpat")
@RequireScopeOrMember(Permission.READ_USAGE)
@RouteDocs()
def show() -> Report:
    """Get the accessibility conformance report

    Keydesk's report for WCAG 2.2, levels A and AA, as OpenACR in JSON. It claims only what automated browser tests
    check. It is the same for every organization. Members read it with their session, too.
    """
    return cast(Report, accessibility_report.report())
