"""`/install-ids`: how to move from install IDs to API keys."""

from flask import Blueprint, render_template

from app.http.guards import Public

blueprint = Blueprint("install_id_credentials", __name__)


@blueprint.get("/install-ids")
@Public("responses to requests with an install ID link here")
def show() -> str:
    return render_template("install_id_credentials/show.html")
