"""`/v1/orgs`: the organizations of the signed-in user: listed, created, renamed and deleted."""

from typing import Annotated

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, Listing, data, listing
from app.domain.errors import Busy, RateLimited, SignInAgain
from app.domain.member_roles import Permission, Role
from app.domain.paging import Page
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.change_rate_limit import limit_changes
from app.http.field_types import OrgId, OrgName, Time, WantedOrgName, field
from app.http.guards import RequireMember, RequireSignIn
from app.http.request_body import Body, read_json
from app.http.route_docs import RouteDocs
from app.services import new_organization, organization_deletion, organization_settings, organizations
from app.store.memberships import OrganizationOf

blueprint = Blueprint("api_organizations", __name__)


class OrganizationItem(TypedDict):
    id: OrgId
    name: OrgName
    role: Annotated[Role, field("Your role in the organization.", "owner")]


class NewOrganization(Body):
    name: WantedOrgName


class RenamedOrganization(Body):
    name: WantedOrgName


class DeletedOrganization(Body):
    name: Annotated[str, field("The name of this organization, to confirm that it is meant.", "Old Widgets")]


class Deleted(TypedDict):
    """A deleted organization."""

    id: OrgId
    name: OrgName
    keys: Annotated[int, field("How many active keys stopped working.", 12)]
    erased_at: Time


@blueprint.get("/orgs")
@RequireSignIn()
@RouteDocs()
def index() -> Answer[Listing[OrganizationItem]]:
    """List organizations

    The organizations you belong to, and your role in each.
    """
    return listing(Page(organizations.of_person(request_context.person().id), None), _item)


@blueprint.post("/orgs")
@RequireSignIn()
@RouteDocs(status=201, body=NewOrganization, example={"name": "Acme Widgets"}, errors=(RateLimited,))
def create() -> Answer[Data[OrganizationItem]]:
    """Create an organization

    Another organization, with you as its owner. `403 FORBIDDEN` if this Keydesk does not let you have one, or if you
    own ten.
    """
    who, name = request_context.person(), read_json(NewOrganization).name
    runtime, client = request_context.runtime(), request_context.client()
    return data(_item(new_organization.create(runtime, who.id, who.email, name, client=client)), 201)


@blueprint.patch("/orgs/<org>")
@RequireMember(Permission.RENAME_ORGANIZATION)
@RouteDocs(body=RenamedOrganization, example={"name": "Acme Widgets"}, errors=(Busy, RateLimited))
@limit_changes
def rename() -> Answer[Data[OrganizationItem]]:
    """Rename an organization

    Its ID stays, and its keys keep working. Several organizations may have the same name.
    """
    member, name = request_context.member(), read_json(RenamedOrganization).name
    renamed = organization_settings.rename(request_context.runtime(), member, name)
    return data({"id": member.org_id, "name": renamed, "role": member.role})


@blueprint.delete("/orgs/<org>")
@RequireMember(Permission.MANAGE_ORGANIZATION)
@RouteDocs(body=DeletedOrganization, example={"name": "Old Widgets"}, errors=(Busy, RateLimited, SignInAgain))
@limit_changes
def delete() -> Answer[Data[Deleted]]:
    """Delete an organization

    Its keys are refused from now on, and its members do not see it any more. For 30 days the operator can bring it
    back; then it is erased. Only with a session that began less than 10 minutes ago: otherwise `403 SIGN_IN_AGAIN`.
    """
    member, typed = request_context.member(), read_json(DeletedOrganization).name
    signed_in_at = request_context.person().signed_in_at
    done = organization_deletion.delete(request_context.runtime(), member, signed_in_at=signed_in_at, typed=typed)
    return data({"id": member.org_id, "name": done.name, "keys": done.keys, "erased_at": rfc3339(done.erased_at)})


def _item(organization: OrganizationOf) -> OrganizationItem:
    return {"id": organization.id, "name": organization.name, "role": organization.role}
