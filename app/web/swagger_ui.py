"""`/docs`: the API description in Swagger UI."""

from flask import Blueprint, render_template

from app.http.guards import Public

blueprint = Blueprint("swagger_ui", __name__)


@blueprint.get("/docs")
@Public("the same description for everybody")
def show() -> str:
    return render_template("docs/show.html")
