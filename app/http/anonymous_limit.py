"""The rate limit by client address on POST routes that need no credential.

Far above the limits of `services.sign_in_limits`, which are counted in the database and reached first.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask
from flask_limiter import RateLimitExceeded

from app.domain.errors import RateLimited
from app.extensions import limiter
from app.http import rate_limited_error

View = TypeVar("View", bound=Callable[..., Any])
ANONYMOUS_LIMIT = "6000 per minute"

_limited = limiter.shared_limit(lambda: ANONYMOUS_LIMIT, scope="anonymous")


def limit_anonymous(view: View) -> View:
    limited = cast(View, _limited(view))
    setattr(limited, "has_anonymous_limit", True)  # noqa: B010 -- for the API description
    return limited


def bind(app: Flask) -> None:
    """Registers Flask-Limiter without its hooks: limited views call it themselves, and for other requests the hooks
    would take half as long as a view."""
    hooks = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    lengths = [len(hook.get(None, ())) for hook in hooks]
    limiter.init_app(app)
    for hook, length in zip(hooks, lengths, strict=True):
        del hook[None][length:]  # type: ignore[index]


def rate_limited(error: RateLimitExceeded) -> RateLimited:
    """What a client over the limit is told."""
    return rate_limited_error.rate_limited(error, "Too many requests from your address. Wait a moment, then try again.")
