"""`/v1/orgs/{org}/invitations`: those who manage members invite addresses, and withdraw that."""

from typing import Annotated, cast

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, Listing, data, listing
from app.domain.errors import RateLimited
from app.domain.member_roles import Permission, Role
from app.domain.paging import Page
from app.http import request_context
from app.http.field_types import Email, InvitationId, Time, field
from app.http.guards import RequireMember
from app.http.request_body import Body, read_json
from app.http.route_docs import RouteDocs
from app.services import invitations
from app.store.invitations import InvitationListed

blueprint = Blueprint("api_invitations", __name__)


class InvitationItem(TypedDict):
    id: InvitationId
    email: Email
    role: Annotated[Role, field("The role that they will have.", "member")]
    invited_by: Annotated[
        str | None, field("The email address of who invited. Null: an operator.", "you@example.com", format="email")
    ]
    created_at: Time
    expires_at: Time
    link: Annotated[
        str,
        field(
            "The link in the email. It is not secret: only somebody who signs in with the address can join.",
            "http://localhost:7860/invitations/inv_4bTqXw9RkLmZ7nVcHs2JdP",
            format="uri",
        ),
    ]


class NewInvitation(Body):
    email: Email
    role: Annotated[Role, field("The role that they will have: none above your own.", "member")]


@blueprint.get("/orgs/<org>/invitations")
@RequireMember(Permission.MANAGE_MEMBERS)
@RouteDocs()
def index() -> Answer[Listing[InvitationItem]]:
    """List invitations

    The open invitations of the organization, newest first.
    """
    found = invitations.open_in(request_context.runtime(), request_context.member())
    return listing(Page(found, None), _item)


@blueprint.post("/orgs/<org>/invitations")
@RequireMember(Permission.MANAGE_MEMBERS)
@RouteDocs(
    status=201,
    body=NewInvitation,
    example={"email": "new@example.com", "role": "member"},
    errors=(RateLimited,),
)
def create() -> Answer[Data[InvitationItem]]:
    """Invite somebody

    Emails a link to the address. Whoever signs in with this address within seven days can join. Inviting an address
    again renews its invitation. An organization can send 20 invitations a day.
    """
    body = read_json(NewInvitation)
    invited = invitations.invite(request_context.runtime(), request_context.member(), body.email, body.role)
    return data(_item(invited), 201)


@blueprint.delete("/orgs/<org>/invitations/<invitation>")
@RequireMember(Permission.MANAGE_MEMBERS)
@RouteDocs()
def withdraw(invitation: str) -> Answer[Data[InvitationItem]]:
    """Withdraw an invitation

    Nobody can join by it from then on.
    """
    return data(_item(invitations.withdraw(request_context.runtime(), request_context.member(), invitation)))


def _item(found: InvitationListed) -> InvitationItem:
    return cast(InvitationItem, invitations.to_json(request_context.runtime(), found))
