"""The page where a person types the code that an agent shows, sees who asks for what, and decides."""

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from app.domain import roles
from app.domain.errors import DomainError, Forbidden, NotFound, ValidationFailed
from app.domain.roles import Permission
from app.extensions import limiter
from app.http import context
from app.http.guards import SignedIn
from app.problems import status_of
from app.services import device_grants, organizations

blueprint = Blueprint("device", __name__)

#: Guesses at codes of others, per person.
GUESSES = "30 per hour"


@blueprint.get("/device")
@SignedIn()
def ask() -> str:
    return render_template("device/ask.html", code="", problem=None)


@blueprint.post("/device")
@SignedIn()
@limiter.limit(GUESSES, key_func=lambda: context.person().id)
def show() -> Response:
    """Who asks for what; nothing is decided yet."""
    code = request.form.get("code", "")
    try:
        return make_response(_question(code, {}))
    except NotFound as error:
        return make_response(render_template("device/ask.html", code=code, problem=error.detail), status_of(error))


@blueprint.post("/device/decide")
@SignedIn()
@limiter.limit(GUESSES, key_func=lambda: context.person().id)
def decide() -> Response:
    code, who = request.form.get("code", ""), context.person()
    try:
        if request.form.get("decision") != "approve":
            device_grants.deny(context.desk(), who.id, code)
            return make_response(render_template("device/done.html", grant=None))
        member = organizations.member(who.id, who.email, request.form.get("org", ""), Permission.CREATE_KEYS)
        grant = device_grants.approve(context.desk(), member, code, request.form.getlist("scopes"))
        return make_response(render_template("device/done.html", grant=grant))
    except (ValidationFailed, Forbidden) as error:
        return make_response(_question(code, _problem(error)), status_of(error))
    except NotFound as error:
        problem = "This code is used, too old, or not one of ours. Let the agent ask again."
        return make_response(render_template("device/ask.html", code=code, problem=problem), status_of(error))


def _question(code: str, problems: dict[str, str]) -> str:
    grant = device_grants.find(context.desk(), code)
    policy = context.desk().settings.policy
    return render_template(
        "device/decide.html",
        code=code,
        grant=grant,
        scopes=[(policy.scopes[name], policy.routes_opened_by(name)) for name in grant.scopes],
        organizations=[
            organization
            for organization in organizations.of_person(context.person().id)
            if roles.allows(organization.role, Permission.CREATE_KEYS)
        ],
        problems=problems,
    )


def _problem(error: DomainError) -> dict[str, str]:
    return {"scopes": error.details["fields"]["scopes"] if isinstance(error, ValidationFailed) else error.detail}
