"""The page that deletes an organization. It says what happens, and asks for a new sign-in before anything is typed."""

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain.errors import Forbidden, SignInAgain, ValidationFailed
from app.domain.member_roles import Permission
from app.http import request_context
from app.http.change_rate_limit import limit_changes
from app.http.guards import RequireMember
from app.services import organization_deletion
from app.services.organizations import Member
from app.services.runtime import Runtime
from app.web import refused_form
from app.web.absolute_time import day

blueprint = Blueprint("organization_deletion", __name__, url_prefix="/orgs/<org>/settings/delete")


@blueprint.get("")
@RequireMember(Permission.MANAGE_ORGANIZATION)
def ask() -> str:
    return _page("", {})


def _again(problems: dict[str, str]) -> str:
    return _page(request.form.get("name", ""), problems)


@blueprint.post("")
@RequireMember(Permission.MANAGE_ORGANIZATION)
@refused_form.also_over_limit(lambda problems, **_: _again(problems))
@limit_changes
def delete() -> Response:
    runtime, member, signed_in_at = _who()
    try:
        done = organization_deletion.delete(
            runtime, member, signed_in_at=signed_in_at, typed=request.form.get("name", "")
        )
    except (ValidationFailed, Forbidden) as error:
        problems = refused_form.problems_of_whole(error)
        return refused_form.answer(_again(problems), error)
    except SignInAgain as error:
        return refused_form.answer(_page("", {}), error)
    until = day(done.erased_at)
    flash(f"“{done.name}” is deleted, and its keys are refused. Until {until} the operator can bring it back.")
    return redirect(url_for("home.index"), 303)


def _who() -> tuple[Runtime, Member, datetime]:
    return request_context.runtime(), request_context.member(), request_context.person().signed_in_at


def _page(name: str, problems: dict[str, str]) -> str:
    runtime, member, signed_in_at = _who()
    return render_template(
        "organization_settings/delete.html",
        name=name,
        problems=problems,
        meaning=organization_deletion.preview(runtime, member),
        must_sign_in=not organization_deletion.is_young_sign_in(runtime, signed_in_at),
    )
