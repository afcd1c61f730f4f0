"""The settings of an organization. What cannot be done in the browser yet, the page says how to do."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain import member_roles
from app.domain.errors import Forbidden, ValidationFailed
from app.domain.member_roles import Permission
from app.http import form_after_sign_in, request_context
from app.http.change_rate_limit import limit_changes
from app.http.guards import RequireMember
from app.services import organization_settings
from app.web import refused_form

blueprint = Blueprint("organization_settings", __name__, url_prefix="/orgs/<org>/settings")


@blueprint.get("")
@RequireMember(Permission.READ_KEYS)
def index() -> str:
    unsent = form_after_sign_in.take()
    return _page(unsent.get("name", "") if unsent else request_context.member().org_name, {})


def _again(problems: dict[str, str]) -> str:
    return _page(request.form.get("name", ""), problems)


@blueprint.post("")
@RequireMember(Permission.RENAME_ORGANIZATION)
@refused_form.also_over_limit(lambda problems, **_: _again(problems))
@limit_changes
def rename() -> Response:
    member = request_context.member()
    try:
        name = organization_settings.rename(request_context.runtime(), member, request.form.get("name", ""))
    except (ValidationFailed, Forbidden) as error:
        problems = refused_form.problems_of_whole(error)
        return refused_form.answer(_again(problems), error)
    flash(f"The organization is named “{name}” now.")
    return redirect(url_for("organization_settings.index", org=member.org_id), 303)


def _page(name: str, problems: dict[str, str]) -> str:
    role = request_context.member().role
    return render_template(
        "organization_settings/index.html",
        name=name,
        problems=problems,
        may_rename=member_roles.allows(role, Permission.RENAME_ORGANIZATION),
        may_delete=member_roles.allows(role, Permission.MANAGE_ORGANIZATION),
    )
