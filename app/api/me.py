"""What a key is, said to whoever holds it."""

from typing import Annotated

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, data
from app.api.keys import RateAnswer, rate_answer
from app.domain.rfc3339 import rfc3339
from app.http import context
from app.http.api_fields import Ending, KeyId, KeyName, Networks, OrgId, OrgName, Scopes, field
from app.http.guards import RequireKey
from app.http.route_docs import RouteDocs

blueprint = Blueprint("api_me", __name__)


class KeyOrganization(TypedDict):
    id: OrgId
    name: OrgName


class Limits(TypedDict):
    rate: Annotated[RateAnswer | None, field("Null: no limit of its own.")]
    networks: Networks


class Me(TypedDict):
    key_id: KeyId
    name: KeyName
    organization: KeyOrganization
    scopes: Scopes
    grants: Annotated[
        list[str],
        field("Everything that the scopes allow, those that come with them included.", ["cache:invalidate"]),
    ]
    expires_at: Ending
    limits: Limits


@blueprint.get("/me")
@RequireKey()
@RouteDocs()
def show() -> Answer[Data[Me]]:
    """What this key is

    Its name, organization, scopes, expiry and limits.
    """
    key = context.key()
    rate = key.rate_limit
    return data(
        {
            "key_id": key.key_id,
            "name": key.name,
            "organization": {"id": key.org_id, "name": key.org_name},
            "scopes": list(key.scopes),
            "grants": sorted(key.granted),
            "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
            # None: no limit of its own. Empty: from anywhere.
            "limits": {
                "rate": rate_answer(rate),
                "networks": [str(network) for network in key.networks],
            },
        }
    )
