"""A fence around the routes that anybody may POST to. The limits of each door, counted in the database, bite first."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from app.extensions import limiter

View = TypeVar("View", bound=Callable[..., Any])
FENCE = "6000 per minute"

_limited = limiter.shared_limit(lambda: FENCE, scope="anonymous")


def fence(view: View) -> View:
    fenced = cast(View, _limited(view))
    setattr(fenced, "is_fenced", True)  # noqa: B010 -- for the API description
    return fenced
