"""Problem details (RFC 9457): the status, headers and JSON of each error. No other file knows statuses."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from app.domain import errors
from app.domain.errors import (
    AmbiguousCredentials,
    DomainError,
    InsufficientScope,
    MissingCredential,
    OtpMaxAttempts,
    RateLimited,
    Unauthenticated,
    Unavailable,
)

CONTENT_TYPE = "application/problem+json"

STATUSES: dict[type[DomainError], int] = {
    errors.LinkForged: 400,
    errors.AmbiguousCredentials: 400,
    errors.OtpExpired: 400,
    errors.OtpInvalid: 400,
    errors.MalformedJson: 400,
    errors.Unauthenticated: 401,
    errors.CreditsExhausted: 402,
    errors.CrossSite: 403,
    errors.Forbidden: 403,
    errors.InsufficientScope: 403,
    errors.IpNotAllowed: 403,
    errors.SignInAgain: 403,
    errors.NotFound: 404,
    errors.KeyAlreadyShown: 409,
    errors.KeyNotActive: 409,
    errors.KeysUndecided: 409,
    errors.LastOwner: 409,
    errors.NotUndoable: 409,
    errors.LinkSpent: 410,
    errors.UnsupportedMediaType: 415,
    errors.TooManyKeys: 422,
    errors.UnknownScope: 422,
    errors.ValidationFailed: 422,
    errors.OtpMaxAttempts: 429,
    errors.RateLimited: 429,
    errors.Unavailable: 503,
}

#: The error codes of errors that Flask and Werkzeug raise, by status.
HTTP_CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
    414: "URI_TOO_LONG",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "RATE_LIMITED",
}


def status_of(error: DomainError | type[DomainError]) -> int:
    family = error.__mro__ if isinstance(error, type) else type(error).__mro__
    return next((STATUSES[kind] for kind in family if kind in STATUSES), 500)


def headers_of(error: DomainError, status: int, resource_metadata_url: str) -> dict[str, str]:
    """The headers of an error response. What another credential would open has a challenge (RFC 6750 3), which names
    the protected resource metadata (RFC 9728 5.1)."""
    headers = {}
    if status == 401 or isinstance(error, AmbiguousCredentials | InsufficientScope):
        challenge = {"realm": "keydesk", **_bearer_error(error), "resource_metadata": resource_metadata_url}
        headers["WWW-Authenticate"] = "Bearer " + ", ".join(f'{name}="{value}"' for name, value in challenge.items())
    if isinstance(error, RateLimited | OtpMaxAttempts | Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, RateLimited):
        headers["RateLimit-Policy"] = f'"{error.policy}";q={error.quota};w={error.window}'
        headers["RateLimit"] = f'"{error.policy}";r=0;t={error.retry_after}'
    return headers


def _bearer_error(error: DomainError) -> dict[str, str]:
    """The error of a challenge (RFC 6750 3.1): none for a request without credentials."""
    if isinstance(error, InsufficientScope):
        return {"error": "insufficient_scope", "scope": str(error.details["required"])}
    if isinstance(error, AmbiguousCredentials):
        return {"error": "invalid_request"}
    if isinstance(error, Unauthenticated) and not isinstance(error, MissingCredential):
        return {"error": "invalid_token"}
    return {}


def body(status: int, error_code: str, detail: str, details: Mapping[str, Any]) -> str:
    return json.dumps(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error",
            "status": status,
            "detail": detail,
            "error_code": error_code,
            "details": dict(details),
        }
    )
