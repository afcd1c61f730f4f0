"""`GET /v1/credits/balance`: the credits of an organization."""

from typing import Annotated

from flask import Blueprint
from typing_extensions import TypedDict

from app.domain.member_roles import Permission
from app.http import request_context
from app.http.field_types import field
from app.http.guards import RequireKeyOrMember
from app.http.route_docs import RouteDocs
from app.services import credits

blueprint = Blueprint("api_credits", __name__)


class Balance(TypedDict):
    balance: Annotated[int, field("The credits left.", 940)]
    used: Annotated[int, field("The credits used so far.", 60)]
    granted: Annotated[int, field("The credits granted so far.", 1000)]


@blueprint.get("/credits/balance")
@RequireKeyOrMember(Permission.READ_USAGE)
@RouteDocs()
def balance() -> Balance:
    """Get the credit balance

    The credits of the organization. Members read them with their session, too.
    """
    found = credits.balance(request_context.organization_id())
    return {"balance": found.balance, "used": found.used, "granted": found.granted}
