"""What a key is, said to whoever holds it."""

from dataclasses import asdict

from flask import Blueprint

from app.api.answers import Answer, data
from app.domain.times import rfc3339
from app.http import context
from app.http.guards import AnyKey

blueprint = Blueprint("api_me", __name__)


@blueprint.get("/me")
@AnyKey()
def show() -> Answer:
    """This key: its name, organization, scopes (and what they grant), expiry and limits."""
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
                "rate": asdict(rate) if rate else None,
                "networks": [str(network) for network in key.networks],
            },
        }
    )
