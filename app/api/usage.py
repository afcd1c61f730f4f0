"""Telemetry: real counts of requests made with the organization's keys."""

from flask import Blueprint, request

from app.api.answers import Answer, listing
from app.domain.times import rfc3339
from app.http import context
from app.http.body import read_paging
from app.http.guards import ScopedKey
from app.services import usage

blueprint = Blueprint("api_usage", __name__)


@blueprint.get("/telemetry")
@ScopedKey()
def index() -> Answer:
    """Requests by hour, key and outcome, newest hour first; counts are written once a second.

    `?key_id=` narrows to one key; `me` is the key that asks.
    """
    limit, cursor = read_paging(default=1000)
    key_id = request.args.get("key_id")
    if key_id == "me":
        key_id = context.key().key_id
    return listing(
        usage.page(context.key().org_id, limit=limit, cursor=cursor, key_id=key_id),
        lambda row: {
            "hour": rfc3339(row.hour),
            "key_id": row.key_id,
            "outcome": row.outcome,
            "requests": row.requests,
        },
    )
