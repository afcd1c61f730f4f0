"""The buttons that suspend and resume a key."""

from flask import Blueprint, flash
from werkzeug.wrappers import Response

from app.domain.errors import KeyNotActive, UnknownScope
from app.domain.member_roles import Permission
from app.http import request_context
from app.http.change_rate_limit import limit_changes
from app.http.guards import RequireMember
from app.services import key_suspension
from app.web import key_page

blueprint = Blueprint("key_suspension", __name__, url_prefix="/orgs/<org>/keys/<key>")


@blueprint.post("/suspend")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@limit_changes
def suspend(key: str) -> Response:
    try:
        listed = key_suspension.suspend(request_context.runtime(), request_context.member(), key)
    except KeyNotActive as error:
        flash(error.detail)
    else:
        flash(f"“{listed.key.name}” is suspended. Every request with this key is refused until you resume it.")
    return key_page.redirect_to(key)


@blueprint.post("/resume")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@limit_changes
def resume(key: str) -> Response:
    try:
        listed = key_suspension.resume(request_context.runtime(), request_context.member(), key)
    except (KeyNotActive, UnknownScope) as error:
        flash(error.detail)
    else:
        flash(f"“{listed.key.name}” works again.")
    return key_page.redirect_to(key)
