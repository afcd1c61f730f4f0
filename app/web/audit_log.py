"""The audit log of an organization. The page says how programs read it."""

from flask import Blueprint, render_template

from app.domain.member_roles import Permission
from app.http.guards import RequireMember

blueprint = Blueprint("audit_log", __name__, url_prefix="/orgs/<org>")


@blueprint.get("/audit-log")
@RequireMember(Permission.READ_KEYS)
def index() -> str:
    return render_template("audit_log/index.html")
