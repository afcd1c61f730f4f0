"""What pages and JSON routes share: guards, cookies, the signed-in user, cross-site checks, request bodies, errors."""

from functools import partial

from flask import Flask, Request, request
from flask.typing import ResponseReturnValue

from app.config import SettingsError
from app.domain.errors import DatabaseGone
from app.extensions import login_manager
from app.http import (
    anonymous_limit,
    cookies,
    cross_site,
    current_user,
    deprecation,
    guards,
    query_parameters,
    request_checks,
)


def register(app: Flask) -> None:
    """Registers the checks that run before every view."""
    # No path under /v1 redirects, not even one with a double slash.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    current_user.bind(app, login_manager)
    anonymous_limit.bind(app)
    app.session_interface = cookies.NoticeInterface()
    guards.Public("style sheets, scripts and icons")(app.view_functions["static"])
    app.before_request(partial(_before, app))


def _before(app: Flask) -> ResponseReturnValue | None:
    """All checks, in this order, in one hook: Flask takes longer to call a hook than most checks take."""
    # Looked up once: each lookup through Flask's proxy takes as long as a check.
    now: Request = request._get_current_object()  # type: ignore[attr-defined]
    if now.url_rule is not None:
        now.environ["keydesk.route"] = now.url_rule.rule
    # First, so that errors carry the headers too.
    deprecation.announce_to(now)
    if "is_out_of_service" in app.extensions and now.path != "/healthz":
        raise DatabaseGone
    request_checks.check(now, app.extensions["runtime"])
    cross_site.check(now)
    answer = guards.enforce(app, now)
    if answer is None and now.environ.get("QUERY_STRING"):
        # After the guard: whoever may not call a route learns nothing about it.
        query_parameters.check(app, now)
    return answer


def check_routes(app: Flask) -> None:
    """Raises `SettingsError` if the policy file leaves out one of our own routes: nobody could use it."""
    policy = app.extensions["runtime"].settings.policy
    for method, path in guards.scoped_routes(app):
        route = policy.route(method, path)
        if route is None:
            raise SettingsError({"POLICY_FILE": f"lists no route for {method} {path}"})
        if route.public:
            raise SettingsError({"POLICY_FILE": f"{method} {path} is Keydesk's own and cannot be public"})
