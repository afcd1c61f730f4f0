"""`POST /v1/cache/invalidate`: CI bots empty the cache of the key's organization."""

from typing import Annotated

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, data
from app.domain.errors import Busy, RateLimited
from app.http import request_context
from app.http.change_rate_limit import limit_changes
from app.http.field_types import field
from app.http.guards import RequireScope
from app.http.request_body import Body, read_json
from app.http.route_docs import RouteDocs
from app.services import proxy_cache_invalidation

blueprint = Blueprint("api_cache", __name__)


class Invalidation(Body):
    """Takes no fields."""


class Generation(TypedDict):
    generation: Annotated[int, field("The new cache generation.", 7)]


@blueprint.post("/cache/invalidate")
@RequireScope()
@RouteDocs(body=Invalidation, errors=(Busy, RateLimited))
@limit_changes
def invalidate() -> Answer[Data[Generation]]:
    """Invalidate the cache

    Raises the cache generation of the key's organization by 1, so that proxies stop serving what they cached before.
    """
    read_json(Invalidation, optional=True)
    return data({"generation": proxy_cache_invalidation.invalidate(request_context.runtime(), request_context.key())})
