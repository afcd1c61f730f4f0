"""The device ceremony (RFC 8628): form-encoded in, flat JSON out, errors as RFC 6749 5.2."""

from typing import Annotated, Literal, NotRequired

from flask import Blueprint, request
from typing_extensions import TypedDict

from app.api.json_responses import Answer
from app.domain.errors import RateLimited, UnknownScope, ValidationFailed
from app.http import context
from app.http.anonymous_limit import limit_anonymous
from app.http.api_fields import field
from app.http.body import Form, read_form
from app.http.guards import Public
from app.http.route_docs import RouteDocs
from app.services import device_grants
from app.services.device_grants import GRANT_TYPE, DeviceError

blueprint = Blueprint("api_device_grants", __name__)


class DeviceRequest(Form):
    client_id: Annotated[str, field("What the agent calls itself. Nobody registers.", "claude-code")]
    client_name: Annotated[
        str | None, field("The name that the person sees, and that the key gets; without it, the client_id.")
    ] = None
    scope: Annotated[str, field("Scopes, separated by spaces; without it, the default ones.", "notes:read")] = ""


class DeviceCodes(TypedDict):
    """RFC 8628 3.2. Times in seconds."""

    device_code: Annotated[str, field("For the agent alone.", "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS")]
    user_code: Annotated[str, field("To show to the person.", "WDJB-MJHT")]
    verification_uri: Annotated[str, field("The page where the person types it.", "http://localhost:7860/device")]
    expires_in: Annotated[int, field("How long both codes live.", 600)]
    interval: Annotated[int, field("How long to wait between two polls.", 5)]


class Grant(Form):
    grant_type: Annotated[str, field(f"Always `{GRANT_TYPE}`.", GRANT_TYPE)]


class TokenRequest(Grant):
    device_code: Annotated[str, field("From `device/authorize`.")]
    client_id: Annotated[str | None, field("May stand here, as RFC 8628 3.4 has it; the device code is enough.")] = None


class DeviceToken(TypedDict):
    """RFC 6749 5.1."""

    access_token: Annotated[str, field("An API key with the scopes that the person approved.", "owk_live_…")]
    token_type: Annotated[Literal["Bearer"], field("Send it as `Authorization: Bearer …`.", "Bearer")]
    scope: Annotated[str, field("What it may do, separated by spaces.", "notes:read")]


ErrorCode = Literal["invalid_request", "invalid_scope", "unsupported_grant_type", device_grants.PollError]


class OAuthError(TypedDict):
    """RFC 6749 5.2 and RFC 8628 3.5."""

    error: Annotated[ErrorCode, field("What to do next hangs on it.", "authorization_pending")]
    error_description: NotRequired[Annotated[str, field("For people.", "client_id: is missing")]]


@blueprint.post("/device/authorize")
@Public("the ceremony begins before anybody is known")
@RouteDocs(
    DeviceCodes,
    body=DeviceRequest,
    example={"client_id": "claude-code", "client_name": "Claude Code - MacBook Pro", "scope": "notes:read"},
    errors=(RateLimited,),
    other_errors={400: OAuthError},
)
@limit_anonymous
def authorize() -> Answer[DeviceCodes] | Answer[OAuthError]:
    """Begin the device ceremony

    Answers two codes: the agent keeps one, and shows its person the other with the address of the page to type it on.
    """
    try:
        asked = read_form(DeviceRequest)
        ceremony = device_grants.authorize(
            context.runtime(),
            client_name=asked.client_name or asked.client_id,
            scopes=asked.scope.split(),
            client=context.client(),
            address=request.remote_addr or "unknown",
        )
    except UnknownScope as refused:
        return _error("invalid_scope", refused.detail)
    except ValidationFailed as refused:
        return _error("invalid_request", refused.detail)
    codes: DeviceCodes = {
        "device_code": ceremony.device_code.reveal(),
        "user_code": ceremony.user_code.reveal(),
        "verification_uri": f"{context.runtime().settings.public_url}/device",
        "expires_in": ceremony.expires_in,
        "interval": ceremony.interval,
    }
    return codes, 200


@blueprint.post("/device/token")
@Public("the device code is the credential")
@RouteDocs(
    DeviceToken,
    body=TokenRequest,
    example={"grant_type": GRANT_TYPE, "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS"},
    other_errors={400: OAuthError},
)
@limit_anonymous
def token() -> Answer[DeviceToken] | Answer[OAuthError]:
    """Poll for the key

    Until the person has decided: `authorization_pending`. On `slow_down`, wait five seconds longer between polls.
    """
    try:
        if read_form(Grant).grant_type != GRANT_TYPE:
            return _error("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}")
        key = device_grants.poll(context.runtime(), read_form(TokenRequest).device_code)
    except ValidationFailed as refused:
        return _error("invalid_request", refused.detail)
    except DeviceError as refused:
        return _error(refused.error)
    answer: DeviceToken = {
        "access_token": key.access_token.reveal(),
        "token_type": "Bearer",
        "scope": " ".join(key.scopes),
    }
    return answer, 200


def _error(code: ErrorCode, description: str | None = None) -> Answer[OAuthError]:
    answer: OAuthError = {"error": code}
    if description:
        answer["error_description"] = description
    return answer, 400
