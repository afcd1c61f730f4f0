"""The signed-in user: Flask-Login on our own session rows, without a user ID in a cookie or a remember cookie."""

from flask import Flask, Request, current_app
from flask_login import LoginManager, UserMixin

from app.http import cookies
from app.services import sessions
from app.store.sessions import LiveSession


class SignedInPerson(UserMixin):
    """The signed-in user, the ID of their session, and when it began."""

    def __init__(self, live: LiveSession) -> None:
        self.id = live.person_id
        self.email = live.email
        self.session_id = live.session_id
        self.signed_in_at = live.signed_in_at


def bind(app: Flask, login_manager: LoginManager) -> None:
    """Without `init_app`, which only adds a hook after every request for the remember cookie that we do not use."""
    app.login_manager = login_manager  # type: ignore[attr-defined]
    login_manager.session_protection = None
    login_manager.request_loader(_from_cookie)


def _from_cookie(request: Request) -> SignedInPerson | None:
    token = request.cookies.get(cookies.SESSION)
    live = sessions.resume(current_app.extensions["runtime"], token) if token else None
    return SignedInPerson(live) if live else None
