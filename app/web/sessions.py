"""The page of the user's own sessions: list and end them."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.http import request_context
from app.http.guards import RequireSignIn
from app.services import sessions

blueprint = Blueprint("sessions", __name__)


@blueprint.get("/sessions")
@RequireSignIn()
def index() -> str:
    return render_template(
        "sessions/index.html", sessions=sessions.of_person(request_context.runtime(), request_context.person().id)
    )


@blueprint.post("/sessions/<session>/end")
@RequireSignIn()
def end(session: str) -> Response:
    who = request_context.person()
    sessions.end(request_context.runtime(), who.id, who.email, session)
    if session == who.session_id:
        return redirect(url_for("sign_in.ask"), 303)
    flash("That session has ended. To use that browser again, sign in there.")
    return redirect(url_for("sessions.index"), 303)
