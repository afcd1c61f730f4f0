"""What pages and JSON routes share: guards, cookies, the signed-in user, cross-site checks, request bodies, errors."""

from flask import Flask, Response
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue

from app.config import SettingsError
from app.extensions import login_manager
from app.http import anonymous_limit, context, cookies, cross_site, current_user, deprecation, guards, request_checks


def register(app: Flask) -> None:
    """Registers the checks that run before every view."""
    # No path under /v1 redirects, not even one with a double slash.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    current_user.bind(app, login_manager)
    anonymous_limit.bind(app)
    app.session_interface = cookies.NoticeInterface()
    guards.Public("style sheets, scripts and icons")(app.view_functions["static"])
    app.before_request(_before)
    app.after_request(_after)


def _before() -> ResponseReturnValue | None:
    """All checks, in this order, in one hook: Flask takes longer to call a hook than most checks take."""
    # Looked up once: each lookup through Flask's proxy takes as long as a check.
    now, runtime = request_ctx.request, context.runtime()
    request_checks.check(now, runtime)
    cross_site.check(now)
    return guards.enforce(now)


def _after(response: Response) -> Response:
    return guards.announce_rate(deprecation.announce(response))


def check_routes(app: Flask) -> None:
    """Raises `SettingsError` if the policy file leaves out one of our own routes: nobody could use it."""
    policy = app.extensions["runtime"].settings.policy
    for rule in app.url_map.iter_rules():
        if isinstance(getattr(app.view_functions[rule.endpoint], "guard", None), guards.RequireScope):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                if policy.route(method, rule.rule) is None:
                    raise SettingsError({"POLICY_FILE": f"lists no route for {method} {rule.rule}"})
