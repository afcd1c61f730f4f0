"""`POST /v1/auth/test-token`: test tokens, in dev mode and only if the operator enables them."""

from typing import Annotated

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, data
from app.domain.errors import Forbidden, RateLimited
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.anonymous_limit import limit_anonymous
from app.http.field_types import Ending, field
from app.http.guards import Public
from app.http.route_docs import RouteDocs
from app.services import dev_test_tokens

blueprint = Blueprint("api_test_tokens", __name__)


class TestToken(TypedDict):
    token: Annotated[str, field("An API key with the scope `agent:rw`.", "whk_test_…")]
    expires_at: Ending


@blueprint.post("/auth/test-token")
@Public("dev mode only, and enabled by the operator")
@RouteDocs(errors=(RateLimited, Forbidden))
@limit_anonymous
def create() -> Answer[Data[TestToken]]:
    """Get a test token

    An API key that is valid for one hour. Only in dev mode, only if the operator has enabled it, and only for programs
    on the same machine, without a proxy in between.
    """
    if not request_context.shows_dev_secrets():
        raise Forbidden(
            "Test tokens are for programs on the machine that Keydesk runs on, without a proxy in between."
            " Ask for one at Keydesk's own port on localhost."
        )
    issued = dev_test_tokens.issue(request_context.runtime(), client=request_context.client())
    expires_at = issued.listed.key.expires_at
    return data({"token": issued.plaintext.reveal(), "expires_at": rfc3339(expires_at) if expires_at else None})
