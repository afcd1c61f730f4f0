"""The device flow's page (RFC 8628 3.3): the user enters the code that an agent shows, and approves or denies it."""

from flask import Blueprint, make_response, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.domain import device_user_code, roles
from app.domain.errors import DomainError, Forbidden, NotFound, RateLimited, ValidationFailed
from app.domain.roles import Permission
from app.domain.secret import Secret
from app.http import context, unsent_form
from app.http.guards import RequireSignIn
from app.http.problem_details import status_of
from app.services import device_grants, organizations

blueprint = Blueprint("device", __name__)


@blueprint.get("/device")
@RequireSignIn()
def ask() -> str:
    """With `?user_code` (RFC 8628 3.3.1) the code is filled in, but sent only by the person."""
    unsent = unsent_form.take() or MultiDict()
    code = device_user_code.normalise(unsent.get("code") or request.args.get("user_code", ""))
    return render_template("device/ask.html", code=Secret(code or ""), problem=None)


@blueprint.post("/device")
@RequireSignIn()
def show() -> Response:
    """Shows which agent asks for which scopes. Decides nothing."""
    code = request.form.get("code", "")
    try:
        return make_response(_question(code))
    except (NotFound, RateLimited) as error:
        return _ask_again(code, error)


@blueprint.post("/device/decide")
@RequireSignIn()
def decide() -> Response:
    code, who = request.form.get("code", ""), context.person()
    try:
        if request.form.get("decision") != "approve":
            device_grants.deny(context.runtime(), code, person_id=who.id, email=who.email, client=context.client())
            return make_response(render_template("device/done.html", grant=None))
        member = organizations.member(who.id, who.email, request.form.get("org", ""), Permission.CREATE_KEYS)
        scopes = request.form.getlist("scopes")
        grant = device_grants.approve(context.runtime(), member, code, scopes, client=context.client())
        return make_response(render_template("device/done.html", grant=grant))
    except (NotFound, RateLimited) as error:
        return _ask_again(code, error)
    except (ValidationFailed, Forbidden) as refused:
        try:
            return make_response(_question(code, refused), status_of(refused))
        except (NotFound, RateLimited) as error:
            return _ask_again(code, error)


def _ask_again(code: str, error: NotFound | RateLimited) -> Response:
    return make_response(render_template("device/ask.html", code=Secret(code), problem=error.detail), status_of(error))


def _question(code: str, refused: DomainError | None = None) -> str:
    """The page that asks for a decision. After an error it keeps what the user had chosen."""
    who = context.person()
    grant = device_grants.find(context.runtime(), code, email=who.email, client=context.client())
    policy = context.runtime().settings.policy
    return render_template(
        "device/decide.html",
        code=Secret(device_user_code.normalise(code) or ""),
        grant=grant,
        scopes=[(policy.scopes[name], policy.routes_opened_by(name)) for name in grant.scopes],
        chosen=request.form.getlist("scopes") if refused else grant.scopes,
        organizations=[
            organization
            for organization in organizations.of_person(who.id)
            if roles.allows(organization.role, Permission.CREATE_KEYS)
        ],
        org=request.form.get("org"),
        problems={"scopes": _problem(refused)} if refused else {},
    )


def _problem(error: DomainError) -> str:
    return str(error.details["fields"]["scopes"]) if isinstance(error, ValidationFailed) else error.detail
