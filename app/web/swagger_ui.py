"""`/docs`: the API description in Swagger UI, which is large, so it loads when somebody asks for it."""

from flask import Blueprint, render_template, request

from app.http.guards import Public

blueprint = Blueprint("swagger_ui", __name__)


@blueprint.get("/docs")
@Public("the same description for everybody")
def show() -> str:
    """With `?interactive`, Swagger UI itself; without, a small page that leads there."""
    return render_template("docs/interactive.html" if "interactive" in request.args else "docs/show.html")
