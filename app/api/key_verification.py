"""`POST /v1/keys/verify`: a back end asks whether a key is valid."""

from contextlib import suppress
from ipaddress import ip_address
from typing import Annotated

from flask import Blueprint
from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, data
from app.domain import presented_credentials
from app.domain.errors import LimiterUnavailable, UnknownScope, ValidationFailed
from app.domain.key_verification import MAX_COST, Outcome
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.field_types import Ending, KeyId, KeyName, OrgId, Scope, field
from app.http.guards import RequireScope
from app.http.request_body import Body, read_json
from app.http.route_docs import RouteDocs
from app.services import key_verification

blueprint = Blueprint("api_key_verification", __name__)


def _address(text: str) -> str:
    # A zone (fe80::1%eth0) means something on one machine only, and may hold anything.
    with suppress(ValueError):
        if "%" not in text:
            return str(ip_address(text))
    raise ValueError("must be an IPv4 or IPv6 address")


class Question(Body):
    key: Annotated[str, Field(max_length=1000), field("The key to verify.", "whk_…")]
    scope: Annotated[Scope | None, field("The scope the key must have. Without it, scopes are not checked.")] = None
    cost: Annotated[
        int,
        Field(ge=0, le=MAX_COST),
        field("The credits to take from the organization if the key is valid. Left out: 0.", 1),
    ] = 0
    ip: Annotated[
        Annotated[str, AfterValidator(_address)] | None,
        field("The client's IP address. Required for a key that is limited to networks.", "203.0.113.7"),
    ] = None


class Decision(TypedDict):
    """Whether the key is valid, and why not. Unknown values are null."""

    valid: Annotated[bool, field("Whether the key is valid for this use.", True)]
    code: Annotated[Outcome, field("`VALID`, or why the key is not valid.", "VALID")]
    key_id: KeyId | None
    name: KeyName | None
    org_id: OrgId | None
    scopes: Annotated[list[str] | None, field("The key's scopes.", ["agent:rw"])]
    expires_at: Ending
    credits: Annotated[int | None, field("The credits the organization has left, if `cost` was above 0.", 999)]
    retry_after_seconds: Annotated[int | None, field("With `RATE_LIMITED`: the seconds to wait.", 42)]


@blueprint.post("/keys/verify")
@RequireScope()
@RouteDocs(
    body=Question, example={"key": "whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD"}, errors=(UnknownScope, LimiterUnavailable)
)
def verify() -> Answer[Data[Decision]]:
    """Verify a key

    Verifies a key of your own organization. Counts against the key's rate limit and takes `cost` credits. The status is
    200 whether the key is valid or not.
    """
    question = read_json(Question)
    runtime, caller = request_context.runtime(), request_context.key()
    if question.scope is not None:
        runtime.settings.policy.check_known([question.scope])
    with runtime.counters.keys_verify.adding() as verification:
        done = key_verification.verify(
            runtime, question.key, question.scope, question.cost, address=question.ip, org_id=caller.org_id
        )
        verification.ending = done.outcome
    if done.outcome is Outcome.NOT_FOUND and (problem := presented_credentials.problem_of(question.key)):
        raise ValidationFailed({"key": problem})
    record = done.record
    is_limited = done.outcome is Outcome.RATE_LIMITED and done.rate is not None
    return data(
        Decision(
            valid=done.outcome is Outcome.VALID,
            code=done.outcome,
            key_id=record.key_id if record else None,
            name=record.name if record else None,
            org_id=record.org_id if record else None,
            scopes=list(record.scopes) if record else None,
            expires_at=rfc3339(record.expires_at) if record and record.expires_at else None,
            credits=done.balance,
            retry_after_seconds=done.rate.reset_seconds if is_limited and done.rate else None,
        )
    )
