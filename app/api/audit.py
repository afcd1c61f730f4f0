"""`GET /v1/audit`: the audit log of an organization."""

from typing import Annotated, Any

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Listing, listing
from app.domain.member_roles import Permission
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.field_types import Time, field
from app.http.guards import RequireScopeOrMember
from app.http.request_body import read_paging
from app.http.route_docs import RouteDocs
from app.services import audit

blueprint = Blueprint("api_audit", __name__)


class AuditItem(TypedDict):
    id: Annotated[str, field("The entry's ID.", "aud_4TgYhBnJ7UmKiOlP9ZaQwS")]
    at: Time
    action: Annotated[str, field("What happened.", "key.created")]
    actor: Annotated[
        str, field("Who did it: an email address, a key ID or a name such as `operator`.", "you@example.com")
    ]
    target: Annotated[str, field("The ID of what was changed.", "key_6HfTzWqNb2XvKs9RmLcP4d")]
    details: Annotated[
        dict[str, Any], field("Further details; they depend on the action.", {"name": "GitHub Action prod"})
    ]


@blueprint.get("/audit")
@RequireScopeOrMember(Permission.READ_AUDIT_LOG)
@RouteDocs(paging=50)
def index() -> Answer[Listing[AuditItem]]:
    """List audit log entries

    Who changed what in the organization, newest first. Owners, admins and members read it with their session, too.
    """
    limit, cursor = read_paging(default=50)
    return listing(
        audit.page(request_context.organization_id(), limit=limit, cursor=cursor),
        lambda entry: {
            "id": entry.id,
            "at": rfc3339(entry.at),
            "action": entry.action,
            "actor": entry.actor,
            "target": entry.target,
            "details": entry.details,
        },
    )
