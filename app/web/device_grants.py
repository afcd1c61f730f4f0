"""The device flow's page (RFC 8628 3.3): the user enters the code that an agent shows, and approves or denies it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.domain import device_user_code, member_roles
from app.domain.errors import (
    DomainError,
    Forbidden,
    NotFound,
    RateLimited,
    TooManyKeys,
    UnknownScope,
    ValidationFailed,
)
from app.domain.key_policy import KeyPolicy, OutsideKeyPolicy
from app.domain.member_roles import Permission
from app.domain.secret import Secret
from app.http import form_after_sign_in, request_context
from app.http.guards import RequireSignIn
from app.services import device_grants, key_policy
from app.web import key_form_policy, key_policy_sentences, refused_form
from app.web.refused_form import problems_of

blueprint = Blueprint("device", __name__)


@blueprint.get("/device")
@RequireSignIn()
def ask() -> str:
    """With `?user_code` (RFC 8628 3.3.1) the code is filled in, but sent only by the person."""
    unsent = form_after_sign_in.take() or MultiDict()
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
    code, who = request.form.get("code", ""), request_context.person()
    try:
        if request.form.get("decision") != "approve":
            device_grants.deny(
                request_context.runtime(), code, person_id=who.id, email=who.email, client=request_context.client()
            )
            return make_response(render_template("device/denied.html"))
        member = request_context.as_member(request.form.get("org", ""), Permission.CREATE_KEYS)
        scopes = request.form.getlist("scopes")
        grant = device_grants.approve(
            request_context.runtime(), member, code, scopes, client=request_context.client(), days=_days()
        )
        return redirect(url_for("device.approved", grant=grant.id), 303)
    except NotFound as error:
        return _ask_again(code, error)
    except (ValidationFailed, UnknownScope, Forbidden, TooManyKeys, RateLimited, OutsideKeyPolicy) as refused:
        try:
            return refused_form.answer(_question(code, refused), refused)
        except (NotFound, RateLimited) as error:
            return _ask_again(code, error)


@blueprint.get("/device/approved/<grant>")
@RequireSignIn()
def approved(grant: str) -> str:
    """Whether the agent has its key yet, and which."""
    return render_template(
        "device/approved.html", grant=device_grants.approved(request_context.person().id, grant), now=_now()
    )


def _days() -> int | None:
    """The chosen expiry. None: the form was sent without one. Raises `ValidationFailed`."""
    sent = request.form.get("expires")
    if sent is None:
        return None
    if not sent:
        return device_grants.NEVER
    if not (sent.isascii() and sent.isdigit() and 1 <= len(sent) <= 4 and int(sent)):
        raise ValidationFailed({"expires": "choose when the key expires"})
    return int(sent)


def _now() -> datetime:
    return request_context.runtime().clock()


def _expiries(policies: Iterable[KeyPolicy]) -> dict[str, str]:
    """The choices that the policy of any of the organizations allows, never last."""
    offered = {value: label for policy in policies for value, label in key_form_policy.expiries(policy).items()}
    return dict(sorted(offered.items(), key=lambda choice: int(choice[0] or 1_000_000)))


def _chosen_beforehand(policies: Mapping[str, KeyPolicy]) -> str:
    """What the policy of the first organization, which is chosen too, has chosen."""
    return next((key_form_policy.chosen_beforehand(policy) for policy in policies.values()), "")


def _ask_again(code: str, error: NotFound | RateLimited) -> Response:
    return refused_form.answer(render_template("device/ask.html", code=Secret(code), problem=error.detail), error)


def _question(code: str, refused: DomainError | None = None) -> str:
    """The page that asks for a decision. After an error it keeps what the user had chosen."""
    who = request_context.person()
    grant = device_grants.find(request_context.runtime(), code, email=who.email, client=request_context.client())
    policy = request_context.runtime().settings.policy
    organizations_of_theirs = [
        organization
        for organization in request_context.organizations()
        if member_roles.allows(organization.role, Permission.CREATE_KEYS)
    ]
    policies = {organization.id: key_policy.of(organization.id) for organization in organizations_of_theirs}
    return render_template(
        "device/decide.html",
        code=Secret(device_user_code.normalise(code) or ""),
        grant=grant,
        # The deployment may have lost a scope since the agent asked.
        scopes=[
            (policy.scopes[name], policy.routes_opened_by(name))
            for name in grant.scopes
            if name in policy.scopes
            and any(policies[one.id].may_give(one.role, name, policy) for one in organizations_of_theirs)
        ],
        asked=grant.scopes,
        endings=[
            key_policy_sentences.ending(policies[one.id], one.name)
            for one in organizations_of_theirs
            if policies[one.id].requires_expiry
        ],
        expiries=_expiries(policies.values()),
        expires=request.form["expires"] if refused and "expires" in request.form else _chosen_beforehand(policies),
        chosen=request.form.getlist("scopes") if refused else grant.scopes,
        organizations=organizations_of_theirs,
        org=request.form.get("org"),
        problems=problems_of(refused) if refused else {},
    )
