"""The two cookies of ours: the session, and the mark of a browser that asked for a link."""

import hashlib
import secrets

from flask import Request
from werkzeug.wrappers import Response

from app.config import Settings

SESSION = "whs_session"
LOGIN = "whs_login"


def set_session(response: Response, token: str, settings: Settings) -> None:
    response.set_cookie(
        SESSION,
        token,
        max_age=settings.session_max,
        httponly=True,
        samesite="Lax",
        secure=settings.secure_cookies,
    )


def clear_session(response: Response, settings: Settings) -> None:
    response.delete_cookie(SESSION, httponly=True, samesite="Lax", secure=settings.secure_cookies)


def login_mark(request: Request) -> str:
    """The browser's own mark, or a new one. Kept when it is there, so that an earlier link still finds its browser."""
    mark = request.cookies.get(LOGIN, "")
    return mark if len(mark) == 43 else secrets.token_urlsafe(32)


def set_login_mark(response: Response, mark: str, settings: Settings) -> None:
    response.set_cookie(
        LOGIN,
        mark,
        max_age=settings.link_lifetime,
        httponly=True,
        samesite="Lax",
        secure=settings.secure_cookies,
    )


def mark_digest(mark: str) -> str:
    """What is kept of a mark."""
    return hashlib.sha256(mark.encode("utf-8", "surrogateescape")).hexdigest()
