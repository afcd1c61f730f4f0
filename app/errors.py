"""From what went wrong to what the caller sees: a page for people, problem+json (RFC 9457) for programs.

The only place that knows statuses.
"""

import json
import logging
from typing import Any

from flask import Flask, Response, g, make_response, render_template, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES

from app.domain import errors
from app.domain.errors import DomainError, OtpMaxAttempts, RateLimited
from app.http.body import MalformedJson, UnsupportedMediaType
from app.http.context import wants_json
from app.store.errors import DATABASE_UNAVAILABLE

log = logging.getLogger("keydesk")

STATUSES: dict[type[DomainError], int] = {
    errors.LinkForged: 400,
    errors.AmbiguousCredentials: 400,
    errors.OtpExpired: 400,
    errors.OtpInvalid: 400,
    MalformedJson: 400,
    errors.Unauthenticated: 401,
    errors.CreditsExhausted: 402,
    errors.CrossSite: 403,
    errors.Forbidden: 403,
    errors.InsufficientScope: 403,
    errors.NotFound: 404,
    errors.KeyAlreadyShown: 409,
    errors.KeyNotActive: 409,
    errors.LinkSpent: 410,
    UnsupportedMediaType: 415,
    errors.UnknownScope: 422,
    errors.ValidationFailed: 422,
    errors.OtpMaxAttempts: 429,
    RateLimited: 429,
    errors.SchemaOutdated: 503,
}

_HTTP_CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
    414: "URI_TOO_LONG",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "RATE_LIMITED",
}


def register(app: Flask) -> None:
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(RateLimitExceeded, _fence)
    app.register_error_handler(HTTPException, _http_error)
    for kind in DATABASE_UNAVAILABLE:
        app.register_error_handler(kind, _database_unavailable)
    app.register_error_handler(Exception, _crash)


def status_of(error: DomainError) -> int:
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)


def _domain_error(error: DomainError) -> Response:
    status = status_of(error)
    answer = _answer(status, error.error_code, error.detail, dict(error.details))
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="keydesk"'
    if isinstance(error, RateLimited | OtpMaxAttempts):
        answer.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, RateLimited):
        answer.headers["RateLimit-Policy"] = f'"{error.policy}";q={error.quota};w={error.window}'
        answer.headers["RateLimit"] = f'"{error.policy}";r=0;t={error.retry_after}'
    return answer


def _fence(error: RateLimitExceeded) -> Response:
    limit = error.limit.limit
    return _domain_error(
        RateLimited(
            "Too many requests from this address. Wait a moment and try again.",
            policy="fence",
            quota=limit.amount,
            window=limit.get_expiry(),
            retry_after=limit.get_expiry(),
        )
    )


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    if status == 500:
        return _crash(getattr(error, "original_exception", None) or error)
    detail = error.description or HTTP_STATUS_CODES.get(status, "")
    details: dict[str, Any] = {}
    if status == 404:
        detail = errors.NotFound.message
    elif isinstance(error, RequestEntityTooLarge):
        detail = "The body has more than 64 KiB."
    elif isinstance(error, MethodNotAllowed):
        allowed = sorted(error.valid_methods or ())
        detail = f"This address does not take {request.method}. It takes: {', '.join(allowed)}."
        details["allowed"] = allowed
    answer = _answer(status, _HTTP_CODES.get(status, f"HTTP_{status}"), detail, details)
    if isinstance(error, MethodNotAllowed):
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return answer


def _database_unavailable(error: Exception) -> Response:
    log.error("database unavailable: %s", type(error).__name__, extra={"request_id": _request_id()})
    answer = _answer(503, "DATABASE_UNAVAILABLE", "The database does not answer just now. Try again in a moment.", {})
    answer.headers["Retry-After"] = "1"
    return answer


def _crash(error: Exception) -> Response:
    log.error("crash in request %s", _request_id(), exc_info=error)
    detail = "Something went wrong on our side. Try again; if it stays, tell your operator the request id."
    return _answer(500, "INTERNAL_ERROR", detail, {"request_id": _request_id()})


def _answer(status: int, error_code: str, detail: str, details: dict[str, Any]) -> Response:
    title = HTTP_STATUS_CODES.get(status, "Error")
    if wants_json():
        problem = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "error_code": error_code,
            "details": details,
        }
        return Response(json.dumps(problem), status, content_type="application/problem+json")
    # A page about a fault must not ask the database who is signed in.
    g.is_fault = status >= 500
    page = render_template(
        "errors/error.html", status=status, error_code=error_code, detail=detail, request_id=_request_id()
    )
    return Response(page, status, content_type="text/html; charset=utf-8")


def _request_id() -> str:
    return str(request.environ.get("keydesk.request_id", ""))
