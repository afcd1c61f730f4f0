"""The audit log of the key's organization."""

from flask import Blueprint

from app.api.answers import Answer, listing
from app.domain.times import rfc3339
from app.http import context
from app.http.body import read_paging
from app.http.guards import ScopedKey
from app.services import audit

blueprint = Blueprint("api_audit", __name__)


@blueprint.get("/audit")
@ScopedKey()
def index() -> Answer:
    """Who changed what, newest first."""
    limit, cursor = read_paging(default=50)
    return listing(
        audit.page(context.key().org_id, limit=limit, cursor=cursor),
        lambda entry: {
            "id": entry.id,
            "at": rfc3339(entry.at),
            "action": entry.action,
            "actor": entry.actor,
            "target": entry.target,
            "details": entry.details,
        },
    )
