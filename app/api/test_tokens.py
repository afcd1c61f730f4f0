"""Test tokens, in dev mode and only when switched on."""

from flask import Blueprint

from app.api.answers import Answer, data
from app.domain.times import rfc3339
from app.http import context
from app.http.fence import fence
from app.http.guards import Public
from app.services import test_tokens

blueprint = Blueprint("api_test_tokens", __name__)


@blueprint.post("/auth/test-token")
@Public("dev mode only, and switched on by the operator")
@fence
def create() -> Answer:
    """A key for trying the API: one hour, scope `agent:rw`."""
    issued = test_tokens.issue(context.desk(), client=context.client())
    expires_at = issued.listed.key.expires_at
    return data({"token": issued.plaintext, "expires_at": rfc3339(expires_at) if expires_at else None})
