"""Turns every exception into a response: a page for people, problem+json (RFC 9457) for programs."""

import logging
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.http import HTTP_STATUS_CODES

from app.domain import errors, presented_credentials
from app.domain.errors import DatabaseDown, DomainError, RateLimited
from app.domain.key_rate_limit import POLICY as KEY_POLICY
from app.http import anonymous_limit, change_rate_limit, download_limit, security_events
from app.http.problem_details import CONTENT_TYPE, HTTP_CODES, body, headers_of, status_of
from app.http.request_context import runtime, wants_json
from app.logs.request_id import REQUEST_ID
from app.store.database_errors import DATABASE_UNAVAILABLE

log = logging.getLogger("keydesk")


def register(app: Flask) -> None:
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(RateLimitExceeded, _limit_exceeded)
    app.register_error_handler(HTTPException, _http_error)
    for kind in DATABASE_UNAVAILABLE:
        app.register_error_handler(kind, _database_unavailable)
    app.register_error_handler(Exception, _crash)


def _domain_error(error: DomainError) -> Response:
    security_events.refused(error)
    error = presented_credentials.explained(error, request.environ)
    # Refusals of keys are counted where keys are verified.
    if isinstance(error, RateLimited) and error.policy != KEY_POLICY:
        runtime().counters.limiter.add("requests")
    status = status_of(error)
    answer = _answer(status, error.error_code, error.detail, dict(error.details))
    answer.headers.update(headers_of(error, status, runtime().settings.resource_metadata_url))
    return answer


def _limit_exceeded(error: RateLimitExceeded) -> Response:
    return _domain_error(
        change_rate_limit.rate_limited(error)
        or download_limit.rate_limited(error)
        or anonymous_limit.rate_limited(error)
    )


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    if status == 500:
        return _crash(getattr(error, "original_exception", None) or error)
    if status == 404 and (page := _page_without_slash()):
        return make_response(redirect(page, 308))
    detail = error.description or HTTP_STATUS_CODES.get(status, "")
    details: dict[str, Any] = {}
    if status == 404:
        detail = errors.NotFound.message
    elif isinstance(error, RequestEntityTooLarge):
        detail = "The request body is over the limit of 64 KiB."
    elif isinstance(error, MethodNotAllowed):
        allowed = sorted(error.valid_methods or ())
        detail = f"This path does not support {request.method}. Supported methods: {', '.join(allowed)}."
        details["allowed"] = allowed
    answer = _answer(status, HTTP_CODES.get(status, f"HTTP_{status}"), detail, details)
    if isinstance(error, MethodNotAllowed):
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return answer


def _page_without_slash() -> str | None:
    """Where the page is that was asked for with a `/` too many. None: there is none. Programs are never redirected."""
    path = request.path.removesuffix("/")
    if path == request.path or not path or wants_json() or request.method not in {"GET", "HEAD"}:
        return None
    adapter = current_app.create_url_adapter(request)
    if adapter is None or not adapter.test(path, "GET"):
        return None
    query = request.query_string.decode("latin-1")
    return quote(path) + (f"?{query}" if query else "")


def _database_unavailable(error: Exception) -> Response:
    runtime().counters.note_database_error(error, "request")
    return _domain_error(DatabaseDown())


def _crash(error: Exception) -> Response:
    log.error("crash in request %s", REQUEST_ID.get(), exc_info=error, extra={"event": "request.crashed"})
    detail = "Something went wrong on our side. Try again. If it happens again, tell your operator the request ID."
    return _answer(500, "INTERNAL_ERROR", detail, {"request_id": REQUEST_ID.get()})


def _answer(status: int, error_code: str, detail: str, details: dict[str, Any]) -> Response:
    if wants_json():
        return Response(body(status, error_code, detail, details), status, content_type=CONTENT_TYPE)
    # The page must not ask the database who is signed in: the database may be the reason for the error.
    g.is_fault = status >= 500
    page = render_template(
        "errors/error.html", status=status, error_code=error_code, detail=detail, request_id=REQUEST_ID.get()
    )
    return Response(page, status, content_type="text/html; charset=utf-8")
