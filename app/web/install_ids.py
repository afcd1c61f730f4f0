"""How to move from install ids to API keys."""

from flask import Blueprint, render_template

from app.http.guards import Public

blueprint = Blueprint("install_ids", __name__)


@blueprint.get("/install-ids")
@Public("answers to install ids link here")
def show() -> str:
    return render_template("install_ids/show.html")
