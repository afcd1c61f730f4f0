"""The page of the user's account: their address, organizations and sessions, which they can end."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.http import request_context
from app.http.guards import RequireSignIn
from app.services import sessions

blueprint = Blueprint("sessions", __name__)


@blueprint.get("/sessions")
@RequireSignIn()
def index() -> str:
    who = request_context.person()
    return render_template(
        "sessions/index.html",
        sessions=sessions.of_person(request_context.runtime(), who.id),
        organizations=request_context.organizations(),
    )


@blueprint.post("/sessions/end-others")
@RequireSignIn()
def end_others() -> Response:
    who = request_context.person()
    ended = sessions.end_others(request_context.runtime(), who.id, who.email, who.session_id)
    sessions_have = "session has" if ended == 1 else "sessions have"
    flash(
        f"{ended} other {sessions_have} ended, and agents cannot manage your keys any more. You are signed in here"
        " only. All keys still work: revoke those that you do not recognize."
    )
    return redirect(url_for("sessions.index"), 303)


@blueprint.post("/sessions/<session>/end")
@RequireSignIn()
def end(session: str) -> Response:
    who = request_context.person()
    sessions.end(request_context.runtime(), who.id, who.email, session)
    if session == who.session_id:
        return redirect(url_for("sign_in.ask"), 303)
    flash("That session has ended. To use that browser again, sign in there.")
    return redirect(url_for("sessions.index"), 303)
