"""An organization beside its keys: members, audit log, settings. What cannot be done in the browser yet, its page says
how to do."""

from flask import Blueprint, render_template

from app.domain.member_roles import Permission
from app.http.guards import RequireMember

blueprint = Blueprint("organization", __name__, url_prefix="/orgs/<org>")


@blueprint.get("/members")
@RequireMember(Permission.READ_KEYS)
def members() -> str:
    return render_template("organization/members.html")


@blueprint.get("/audit-log")
@RequireMember(Permission.READ_KEYS)
def audit_log() -> str:
    return render_template("organization/audit_log.html")


@blueprint.get("/settings")
@RequireMember(Permission.READ_KEYS)
def settings() -> str:
    return render_template("organization/settings.html")
