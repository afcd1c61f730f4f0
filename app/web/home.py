"""The start page: redirects to the keys of the user's organization, or lists the organizations."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.http import request_context
from app.http.guards import RequireSignIn
from app.services import organizations

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@RequireSignIn()
def index() -> Response | str:
    found = organizations.of_person(request_context.person().id)
    if len(found) == 1:
        return redirect(url_for("key_list.index", org=found[0].id))
    return render_template("home/organizations.html", organizations=found)
