"""For back ends: is this key valid, and may it do this?"""

from ipaddress import ip_address
from typing import Annotated

from flask import Blueprint
from pydantic import AfterValidator, Field

from app.api.answers import Answer, data
from app.domain.times import rfc3339
from app.domain.verification import Outcome
from app.http import context
from app.http.body import Body, read_json
from app.http.guards import ScopedKey
from app.services import verification

blueprint = Blueprint("api_key_verification", __name__)

MAX_COST = 10**6


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("must be an IPv4 or IPv6 address") from None


class Question(Body):
    key: Annotated[str, Field(max_length=1000)]
    scope: str | None = None
    cost: Annotated[int, Field(ge=0, le=MAX_COST)] = 0
    ip: Annotated[str, AfterValidator(_address)] | None = None


@blueprint.post("/keys/verify")
@ScopedKey()
def verify() -> Answer:
    """Decides about a key of the caller's organization and takes its limit and credits; 200 whatever the answer."""
    question = read_json(Question)
    desk = context.desk()
    if question.scope is not None:
        desk.settings.policy.check_known([question.scope])
    done = verification.verify(
        desk,
        question.key,
        scope=question.scope,
        cost=question.cost,
        address=question.ip,
        org_id=context.key().org_id,
    )
    record = done.record
    limited = done.outcome is Outcome.RATE_LIMITED and done.rate is not None
    return data(
        {
            "valid": done.outcome is Outcome.VALID,
            "code": done.outcome.value,
            "key_id": record.key_id if record else None,
            "name": record.name if record else None,
            "org_id": record.org_id if record else None,
            "scopes": list(record.scopes) if record else None,
            "expires_at": rfc3339(record.expires_at) if record and record.expires_at else None,
            "credits": done.balance,
            "retry_after_seconds": done.rate.reset_seconds if limited and done.rate else None,
        }
    )
