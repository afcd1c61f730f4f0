"""The description of the API, to look at and to try out."""

from flask import Blueprint, render_template

from app.http.guards import Public

blueprint = Blueprint("swagger_ui", __name__)


@blueprint.get("/docs")
@Public("a description, the same for everybody")
def show() -> str:
    return render_template("docs/show.html")
