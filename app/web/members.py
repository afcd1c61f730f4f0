"""The members of an organization. What cannot be done in the browser yet, the page says how to do."""

from flask import Blueprint, render_template

from app.domain.member_roles import Permission
from app.http.guards import RequireMember

blueprint = Blueprint("members", __name__, url_prefix="/orgs/<org>")


@blueprint.get("/members")
@RequireMember(Permission.READ_KEYS)
def index() -> str:
    return render_template("members/index.html")
