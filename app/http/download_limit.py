"""The rate limit on files that are made when somebody asks for them: each is a whole list, and written to the disk."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import request
from flask_limiter import RateLimitExceeded

from app.domain.errors import RateLimited
from app.extensions import limiter
from app.http import rate_limited_error, request_context

View = TypeVar("View", bound=Callable[..., Any])
DOWNLOADS_OF_PERSON = "10 per minute"
_SCOPE = "download"


def limit_downloads(view: View) -> View:
    """For a view behind a guard that finds a member. A request for the headers alone makes no file, and is free."""
    limited = cast(
        View,
        limiter.shared_limit(
            lambda: DOWNLOADS_OF_PERSON,
            scope=_SCOPE,
            key_func=lambda: request_context.member().person_id,
            exempt_when=lambda: request.method == "HEAD",
        )(view),
    )
    setattr(limited, "has_download_limit", True)  # noqa: B010 -- a test looks for it on every view that makes a file
    return limited


def rate_limited(error: RateLimitExceeded) -> RateLimited | None:
    """What somebody over this limit is told, or None if it is another limit."""
    if error.limit.scope != _SCOPE:
        return None
    return rate_limited_error.rate_limited(
        error, "You have downloaded many files within a minute. Wait a minute, then try again."
    )
