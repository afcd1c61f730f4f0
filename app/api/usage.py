"""`GET /v1/telemetry`: how often the organization's keys were used."""

from typing import Annotated

from flask import Blueprint, request
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Listing, listing
from app.domain.errors import ValidationFailed
from app.domain.member_roles import Permission
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.field_types import KeyId, Time, field
from app.http.guards import RequireScopeOrMember
from app.http.request_body import read_paging
from app.http.route_docs import RouteDocs
from app.services import usage

blueprint = Blueprint("api_usage", __name__)


class UsageItem(TypedDict):
    hour: Time
    key_id: KeyId
    outcome: Annotated[str, field("`VALID`, or why the request was refused.", "VALID")]
    requests: Annotated[int, field("The number of requests.", 120)]


@blueprint.get("/telemetry")
@RequireScopeOrMember(Permission.READ_USAGE)
@RouteDocs(paging=1000, query={"key_id": "Only count this key. `me` is the key in the request."})
def index() -> Answer[Listing[UsageItem]]:
    """Get request counts

    Requests with the organization's keys, by hour, key and outcome, newest hour first. Updated once a second. Members
    read it with their session, too.
    """
    limit, cursor = read_paging(default=1000)
    key_id = request.args.get("key_id")
    if key_id == "me":
        if request_context.is_of_member():
            raise ValidationFailed({"key_id": "can be `me` only with a key; send the ID of a key, or leave it out"})
        key_id = request_context.key().key_id
    return listing(
        usage.page(request_context.organization_id(), limit=limit, cursor=cursor, key_id=key_id),
        lambda row: {
            "hour": rfc3339(row.hour),
            "key_id": row.key_id,
            "outcome": row.outcome,
            "requests": row.requests,
        },
    )
