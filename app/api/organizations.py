"""`GET /v1/orgs`: the organizations of the signed-in user."""

from typing import Annotated

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Listing, listing
from app.domain.member_roles import Role
from app.domain.paging import Page
from app.http import request_context
from app.http.field_types import OrgId, OrgName, field
from app.http.guards import RequireSignIn
from app.http.route_docs import RouteDocs
from app.services import organizations

blueprint = Blueprint("api_organizations", __name__)


class OrganizationItem(TypedDict):
    id: OrgId
    name: OrgName
    role: Annotated[Role, field("Your role in the organization.", "owner")]


@blueprint.get("/orgs")
@RequireSignIn()
@RouteDocs()
def index() -> Answer[Listing[OrganizationItem]]:
    """List organizations

    The organizations you belong to, and your role in each.
    """
    found = organizations.of_person(request_context.person().id)
    return listing(Page(found, None), lambda org: {"id": org.id, "name": org.name, "role": org.role})
