"""The page on which somebody who is signed in makes another organization."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain.errors import DomainError, Forbidden, RateLimited, ValidationFailed
from app.http import form_after_sign_in, request_context
from app.http.guards import RequireSignIn
from app.services import new_organization
from app.web import refused_form

blueprint = Blueprint("new_organization", __name__, url_prefix="/orgs/new")


@blueprint.get("")
@RequireSignIn()
def ask() -> str:
    unsent = form_after_sign_in.take()
    return _page(unsent.get("name", "") if unsent else "", {})


@blueprint.post("")
@RequireSignIn()
def create() -> Response:
    who, name = request_context.person(), request.form.get("name", "")
    runtime, client = request_context.runtime(), request_context.client()
    try:
        made = new_organization.create(runtime, who.id, who.email, name, client=client)
    except (ValidationFailed, Forbidden, RateLimited) as error:
        return refused_form.answer(_page(name, _problems(error)), error)
    return redirect(url_for("key_list.index", org=made.id), 303)


def _problems(error: DomainError) -> dict[str, str]:
    return refused_form.problems_of_whole(error)


def _page(name: str, problems: dict[str, str]) -> str:
    may_create = new_organization.may_create(request_context.runtime(), request_context.person().email)
    return render_template("organization_settings/new.html", name=name, problems=problems, may_create=may_create)
