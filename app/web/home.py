"""The start page: redirects to the keys of the user's organization, or lists the organizations and invitations."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.http import request_context
from app.http.guards import RequireSignIn
from app.services import invitations

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@RequireSignIn()
def index() -> Response | str:
    runtime, person = request_context.runtime(), request_context.person()
    found, invited = request_context.organizations(), invitations.open_for(runtime, person.email)
    if len(found) == 1 and not invited:
        return redirect(url_for("key_list.index", org=found[0].id))
    return render_template("home/organizations.html", organizations=found, invitations=invited)
