"""`GET /v1/me`: what the key in the request is and what it is allowed to do."""

from typing import Annotated

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, data
from app.api.keys import RateAnswer, rate_answer
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.field_types import Ending, KeyId, KeyName, Networks, OrgId, OrgName, Scopes, field
from app.http.guards import RequireKey
from app.http.route_docs import RouteDocs

blueprint = Blueprint("api_me", __name__)


class KeyOrganization(TypedDict):
    id: OrgId
    name: OrgName


class Limits(TypedDict):
    rate: Annotated[RateAnswer | None, field("The key's rate limit. Null: no limit.")]
    networks: Networks


class Me(TypedDict):
    key_id: KeyId
    name: KeyName
    organization: KeyOrganization
    scopes: Scopes
    grants: Annotated[
        list[str],
        field("All scopes the key has, including the scopes that its scopes grant.", ["cache:invalidate"]),
    ]
    expires_at: Ending
    limits: Limits


@blueprint.get("/me")
@RequireKey()
@RouteDocs()
def show() -> Answer[Data[Me]]:
    """Get the current key

    The name, organization, scopes, expiry and limits of the key in the request.
    """
    key = request_context.key()
    rate = key.rate_limit
    return data(
        {
            "key_id": key.key_id,
            "name": key.name,
            "organization": {"id": key.org_id, "name": key.org_name},
            "scopes": list(key.scopes),
            "grants": sorted(request_context.runtime().settings.policy.granted(key.scopes)),
            "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
            "limits": {
                "rate": rate_answer(rate),
                "networks": [str(network) for network in key.networks],
            },
        }
    )
