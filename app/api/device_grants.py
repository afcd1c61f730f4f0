"""`/v1/device/…`: the device flow (RFC 8628). Form-encoded requests, flat JSON responses, errors as in RFC 6749 5.2."""

from typing import Annotated, Literal, NotRequired

from flask import Blueprint, request
from typing_extensions import TypedDict

from app.api.json_responses import Answer
from app.domain import name_rules
from app.domain.errors import RateLimited, UnknownScope, ValidationFailed
from app.http import request_context
from app.http.anonymous_limit import limit_anonymous
from app.http.field_types import field
from app.http.guards import Public
from app.http.request_body import Form, read_form
from app.http.route_docs import RouteDocs
from app.services import device_grants
from app.services.device_grants import GRANT_TYPE, DeviceError

blueprint = Blueprint("api_device_grants", __name__)


class DeviceRequest(Form):
    client_id: Annotated[str, field("Any name for the agent. Clients do not register.", "claude-code")]
    client_name: Annotated[
        str | None, field("The name shown to the user, and the name of the key. Default: `client_id`.")
    ] = None
    scope: Annotated[
        str, field("The scopes, separated by spaces. Default: the policy's default scopes.", "notes:read")
    ] = ""


class DeviceCodes(TypedDict):
    """The device authorization response of RFC 8628 3.2. Times are in seconds."""

    device_code: Annotated[
        str, field("The code the agent polls with. Keep it secret.", "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS")
    ]
    user_code: Annotated[str, field("The code to show to the user.", "WDJB-MJHT")]
    verification_uri: Annotated[
        str, field("The page where the user enters `user_code`.", "http://localhost:7860/device")
    ]
    verification_uri_complete: Annotated[
        str,
        field(
            "The same page with `user_code` filled in. The user still checks it and continues.",
            "http://localhost:7860/device?user_code=WDJB-MJHT",
        ),
    ]
    expires_in: Annotated[int, field("The lifetime of both codes.", 600)]
    interval: Annotated[int, field("The least time between two polls.", 5)]


class Grant(Form):
    grant_type: Annotated[str, field(f"Always `{GRANT_TYPE}`.", GRANT_TYPE)]


class TokenRequest(Grant):
    device_code: Annotated[str, field("The `device_code` from `/v1/device/authorize`.")]
    client_id: Annotated[str | None, field("Accepted as in RFC 8628 3.4, but not needed.")] = None


class DeviceToken(TypedDict):
    """The access token response of RFC 6749 5.1."""

    access_token: Annotated[str, field("An API key with the scopes that the user approved.", "owk_live_…")]
    token_type: Annotated[Literal["Bearer"], field("Send the key as `Authorization: Bearer …`.", "Bearer")]
    scope: Annotated[str, field("The key's scopes, separated by spaces.", "notes:read")]
    expires_in: NotRequired[Annotated[int, field("In how many seconds the key expires, if it does.", 7_776_000)]]


ErrorCode = Literal["invalid_request", "invalid_scope", "unsupported_grant_type", device_grants.PollError]


class OAuthError(TypedDict):
    """The error response of RFC 6749 5.2 and RFC 8628 3.5."""

    error: Annotated[ErrorCode, field("The error code. It decides what to do next.", "authorization_pending")]
    error_description: NotRequired[Annotated[str, field("A message for people.", "client_id: is missing")]]


@blueprint.post("/device/authorize")
@Public("an agent has no credential yet")
@RouteDocs(
    DeviceCodes,
    body=DeviceRequest,
    example={"client_id": "claude-code", "client_name": "Claude Code - MacBook Pro", "scope": "notes:read"},
    errors=(RateLimited,),
    other_errors={400: OAuthError},
)
@limit_anonymous
def authorize() -> Answer[DeviceCodes] | Answer[OAuthError]:
    """Start the device flow

    Returns two codes. The agent keeps `device_code`, and shows its user `user_code` and `verification_uri`, the page
    where the user enters it.
    """
    try:
        asked = read_form(DeviceRequest)
        name = ("client_name", asked.client_name) if asked.client_name else ("client_id", asked.client_id)
        authorization = device_grants.authorize(
            request_context.runtime(),
            client_name=name_rules.cleaned(name[1], field=name[0]),
            scopes=asked.scope.split(),
            client=request_context.client(),
            address=request.remote_addr or "unknown",
        )
    except UnknownScope as refused:
        return _error("invalid_scope", refused.detail)
    except ValidationFailed as refused:
        return _error("invalid_request", refused.detail)
    page, user_code = f"{request_context.runtime().settings.public_url}/device", authorization.user_code.reveal()
    codes: DeviceCodes = {
        "device_code": authorization.device_code.reveal(),
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={user_code}",
        "expires_in": authorization.expires_in,
        "interval": authorization.interval,
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

    The error is `authorization_pending` until the user has decided; a decision is answered at once. After `slow_down`,
    wait five seconds longer between polls. A poll may come up to a second too early.
    """
    try:
        if read_form(Grant).grant_type != GRANT_TYPE:
            return _error("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}")
        key = device_grants.poll(request_context.runtime(), read_form(TokenRequest).device_code)
    except ValidationFailed as refused:
        return _error("invalid_request", refused.detail)
    except DeviceError as refused:
        return _error(refused.error)
    answer: DeviceToken = {
        "access_token": key.access_token.reveal(),
        "token_type": "Bearer",
        "scope": " ".join(key.scopes),
    }
    if key.expires_in is not None:
        answer["expires_in"] = key.expires_in
    return answer, 200


def _error(code: ErrorCode, description: str | None = None) -> Answer[OAuthError]:
    answer: OAuthError = {"error": code}
    if description:
        answer["error_description"] = description
    return answer, 400
