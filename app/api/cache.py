"""Cache invalidation, made for CI bots."""

from flask import Blueprint

from app.api.answers import Answer, data
from app.http import context
from app.http.body import Body, read_json
from app.http.guards import ScopedKey
from app.services import cache

blueprint = Blueprint("api_cache", __name__)


class Invalidation(Body):
    """Takes no fields."""


@blueprint.post("/cache/invalidate")
@ScopedKey()
def invalidate() -> Answer:
    """Raises the organization's cache generation by 1: what proxies cached before is unreachable at once."""
    read_json(Invalidation, optional=True)
    return data({"generation": cache.invalidate(context.desk(), context.key())})
