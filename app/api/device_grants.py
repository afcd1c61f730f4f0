"""The device ceremony (RFC 8628): form-encoded in, flat JSON out, errors as RFC 6749 5.2."""

from flask import Blueprint, request

from app.domain.errors import UnknownScope, ValidationFailed
from app.http import context
from app.http.fence import fence
from app.http.guards import Public
from app.services import device_grants
from app.services.device_grants import DeviceError

blueprint = Blueprint("api_device_grants", __name__)

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
Flat = tuple[dict[str, str | int], int]


@blueprint.post("/device/authorize")
@Public("the ceremony begins before anybody is known")
@fence
def authorize() -> Flat:
    """Two codes: the agent keeps one and shows its person the other."""
    try:
        client_id = _only("client_id")
        name = request.form.get("client_name") or client_id
        ceremony = device_grants.authorize(
            context.desk(),
            client_name=name,
            scopes=request.form.get("scope", "").split(),
            client=context.client(),
            address=request.remote_addr or "unknown",
        )
    except DeviceError as refused:
        return _error(refused.error, "client_id is missing, or stands there twice")
    except UnknownScope as refused:
        return _error("invalid_scope", refused.detail)
    except ValidationFailed as refused:
        return _error("invalid_request", refused.detail)
    return {
        "device_code": ceremony.device_code,
        "user_code": ceremony.user_code,
        "verification_uri": f"{context.desk().settings.public_url}/device",
        "expires_in": ceremony.expires_in,
        "interval": ceremony.interval,
    }, 200


@blueprint.post("/device/token")
@Public("the device code is the credential")
@fence
def token() -> Flat:
    """The key, once the person has approved."""
    try:
        if _only("grant_type") != GRANT_TYPE:
            return _error("unsupported_grant_type", f"grant_type must be {GRANT_TYPE}")
        key = device_grants.poll(context.desk(), _only("device_code"))
    except DeviceError as refused:
        return _error(refused.error)
    return {"access_token": key.access_token, "token_type": "Bearer", "scope": " ".join(key.scopes)}, 200


def _only(name: str) -> str:
    """RFC 6749 3.2: a parameter that is missing or sent twice is an invalid request."""
    values = request.form.getlist(name)
    if len(values) != 1 or not values[0]:
        raise DeviceError("invalid_request")
    return values[0]


def _error(code: str, description: str | None = None) -> Flat:
    answer: dict[str, str | int] = {"error": code}
    return (answer | {"error_description": description} if description else answer), 400
