"""`GET /v1/audit`: the audit log of an organization."""

import re
from typing import Annotated, Any

from flask import Blueprint, request
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Listing, listing
from app.domain.errors import ValidationFailed
from app.domain.member_roles import Permission
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.field_types import Time, field
from app.http.guards import RequireScopeOrMember
from app.http.request_body import read_moment, read_paging
from app.http.route_docs import RouteDocs
from app.services import audit
from app.services.audit import AuditFilter

blueprint = Blueprint("api_audit", __name__)

_ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
_QUERY = {
    "actor": "Only what this actor did, as entries name it: an email address, a key ID or a name such as `operator`.",
    "key": "Only what was done to the key with this ID.",
    "action": "Only this action, such as `key.revoked`.",
    "since": "Only entries from this time on. RFC 3339.",
    "until": "Only entries before this time. RFC 3339.",
}


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
@RouteDocs(paging=50, query=_QUERY)
def index() -> Answer[Listing[AuditItem]]:
    """List audit log entries

    Who changed what in the organization, newest first; with several parameters, the entries that match all of them.
    Owners, admins and members read it with their session, too.
    """
    limit, cursor = read_paging(default=50)
    action = request.args.get("action")
    if action is not None and not _ACTION.fullmatch(action):
        raise ValidationFailed({"action": "must be an action such as key.revoked"})
    wanted = AuditFilter(
        actor=request.args.get("actor"),
        target=request.args.get("key"),
        actions=(action,) if action else (),
        since=read_moment("since"),
        until=read_moment("until"),
    )
    return listing(
        audit.page(request_context.organization_id(), wanted, limit=limit, cursor=cursor),
        lambda entry: {
            "id": entry.id,
            "at": rfc3339(entry.at),
            "action": entry.action,
            "actor": entry.actor,
            "target": entry.target,
            "details": entry.details,
        },
    )
