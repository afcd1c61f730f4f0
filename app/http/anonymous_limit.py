"""A fence around the routes that anybody may POST to. The limits of each door, counted in the database, bite first."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask

from app.extensions import limiter

View = TypeVar("View", bound=Callable[..., Any])
FENCE = "6000 per minute"

_limited = limiter.shared_limit(lambda: FENCE, scope="anonymous")


def fence(view: View) -> View:
    fenced = cast(View, _limited(view))
    setattr(fenced, "is_fenced", True)  # noqa: B010 -- for the API description
    return fenced


def bind(app: Flask) -> None:
    """Fenced views ask Flask-Limiter by themselves. Its hooks around every other request only cost: half of a view."""
    hooks = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    lengths = [len(hook.get(None, ())) for hook in hooks]
    limiter.init_app(app)
    for hook, length in zip(hooks, lengths, strict=True):
        del hook[None][length:]  # type: ignore[index]
