"""The cookies: the session, the mark of a browser that requested a sign-in link, that of one that has signed in before,
the organization that was looked at last, and Flask's own for notices."""

import hashlib
import secrets

from flask import Flask, Request
from flask import Response as FlaskResponse
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from werkzeug.wrappers import Response

from app.config import Settings
from app.domain import known_browser_cookie
from app.domain.secret import Secret

SESSION = "whs_session"
LOGIN = "whs_login"
KNOWN = "whs_known"
NOTICE = "whs_notice"
ORGANIZATION = "whs_org"
#: Seconds for which the organization is remembered.
ORGANIZATION_KEPT = 365 * 86_400
#: 400 days: browsers keep no cookie longer (RFC 6265bis 5.5).
_KNOWN_SECONDS = 400 * 86_400


def unplantable(name: str, settings: Settings) -> str:
    """The cookie's name, with the prefix `__Host-` where cookies are Secure: browsers then take it from this host
    alone, and not from a neighbour under the same domain (RFC 6265bis 4.1.3.2)."""
    return f"__Host-{name}" if settings.secure_cookies else name


class NoticeInterface(SecureCookieSessionInterface):
    """Flask's session cookie, used only for flashed notices and a form that could not be sent. Requests without the
    cookie skip its handling."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.environ.get("HTTP_COOKIE", ""):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: FlaskResponse) -> None:
        if session or session.modified or session.accessed:
            super().save_session(app, session, response)


def length_of_notices(app: Flask, session: SessionMixin) -> int:
    """Bytes that the value of Flask's session cookie has with what is in `session` now."""
    serializer = NoticeInterface().get_signing_serializer(app)
    return len(serializer.dumps(dict(session))) if serializer else 0


def set_session(response: Response, token: Secret, settings: Settings) -> None:
    _set(response, SESSION, token.reveal(), settings.session_max, settings)


def clear_session(response: Response, settings: Settings) -> None:
    response.delete_cookie(SESSION, httponly=True, samesite="Lax", secure=settings.secure_cookies)


def login_mark(request: Request, settings: Settings) -> str | None:
    """The mark that the browser got when it requested a link. None: it has none."""
    mark = request.cookies.get(unplantable(LOGIN, settings), "")
    return mark if len(mark) == 43 else None


def new_login_mark() -> str:
    return secrets.token_urlsafe(32)


def set_login_mark(response: Response, mark: str, settings: Settings) -> None:
    _set(response, unplantable(LOGIN, settings), mark, settings.link_lifetime, settings)


def is_known_browser(request: Request, email: str, settings: Settings) -> bool:
    """Whether the browser has signed in with this address before."""
    return known_browser_cookie.is_known(_known(request, settings), email, settings.secret_keys)


def set_known_browser(response: Response, request: Request, email: str, settings: Settings) -> None:
    cookie = known_browser_cookie.marked(_known(request, settings), email, settings.secret_keys)
    _set(response, unplantable(KNOWN, settings), cookie, _KNOWN_SECONDS, settings)


def _known(request: Request, settings: Settings) -> str:
    return request.cookies.get(unplantable(KNOWN, settings), "")


def mark_digest(mark: str) -> str:
    """What is stored of a mark: SHA-256 in hex."""
    return hashlib.sha256(mark.encode("utf-8", "surrogateescape")).hexdigest()


def set_organization(response: Response, org_id: str, settings: Settings) -> None:
    """Only for people in several organizations, and only a preference: it opens nothing."""
    _set(response, ORGANIZATION, org_id, ORGANIZATION_KEPT, settings)


def _set(response: Response, name: str, value: str, max_age: int, settings: Settings) -> None:
    secure = settings.secure_cookies
    response.set_cookie(name, value, max_age=max_age, httponly=True, samesite="Lax", secure=secure)
