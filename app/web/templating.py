"""Filters, tests and variables that every template can use."""

from functools import partial
from shlex import quote
from typing import Any

from flask import Flask, g, request
from flask_login import current_user

from app.config import VERSION
from app.domain import key_status, member_roles
from app.domain.non_ascii_headers import COOKIE_PROBLEM, has_unreadable_cookies
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.safe_next import safe_next
from app.store.database_errors import DATABASE_UNAVAILABLE
from app.store.keys import ListedKey
from app.web.absolute_time import day, duration, moment
from app.web.icons import icon_url
from app.web.navigation import navigation
from app.web.relative_time import relative
from app.web.sparkline import bars
from app.web.usage_chart import chart


def register(app: Flask) -> None:
    app.template_filter("rfc3339")(rfc3339)
    app.template_filter("day")(day)
    app.template_filter("moment")(moment)
    app.template_filter("relative")(lambda value: relative(value, request_context.runtime().clock()))
    app.template_filter("bars")(bars)
    app.template_filter("chart")(chart)
    app.template_filter("status")(status)
    app.template_filter("state")(state)
    app.template_filter("shell")(quote)
    app.template_filter("duration")(duration)
    app.template_filter("capitalize_first")(capitalize_first)
    app.template_test("manageable")(manageable)
    app.template_global()(icon_url)
    app.context_processor(_everywhere)


def capitalize_first(text: str) -> str:
    """Like `str.capitalize`, but leaves the rest as it is."""
    return text[:1].upper() + text[1:]


def status(listed: ListedKey) -> str:
    return key_status.status(listed.key, request_context.runtime().clock())


def state(listed: ListedKey) -> str:
    return key_status.state(listed, request_context.runtime().clock())


def manageable(listed: ListedKey) -> bool:
    """Whether the member may change, revoke and rotate the key."""
    return request_context.member().may_manage(listed.key)


def back_to(otherwise: str) -> str:
    """The page from which the current one was opened, one of our own, or `otherwise`."""
    return safe_next(request.values.get("back")) or otherwise


def _everywhere() -> dict[str, Any]:
    settings = request_context.runtime().settings
    is_signed_in = _is_signed_in()
    return {
        "dev_mode": settings.dev_mode,
        "cookie_problem": COOKIE_PROBLEM if has_unreadable_cookies(request.environ) else None,
        "public_url": settings.public_url,
        "member": g.get("member"),
        "signed_in": current_user if is_signed_in else None,
        "is_fault": g.get("is_fault"),
        "navigation": partial(navigation, is_signed_in=is_signed_in),
        "version": VERSION,
        "here": request.full_path if request.query_string else request.path,
        "back_to": back_to,
        "may_create": g.get("member") and member_roles.allows(g.member.role, member_roles.Permission.CREATE_KEYS),
    }


def _is_signed_in() -> bool:
    """The page about an error must not fail with the same error."""
    try:
        return not g.get("is_fault") and current_user.is_authenticated
    except DATABASE_UNAVAILABLE:
        g.is_fault = True
        return False
