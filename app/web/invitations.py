"""Invitations: the form that invites somebody, and the page that an invitation's link leads to."""

from collections.abc import Sequence

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.domain import email_address
from app.domain.errors import DomainError, Forbidden, NotFound, RateLimited, ValidationFailed
from app.domain.member_roles import Permission, Role
from app.http import form_after_sign_in, request_context
from app.http.anonymous_limit import limit_anonymous
from app.http.guards import Public, RequireMember, RequireSignIn
from app.http.problem_details import status_of
from app.http.sign_in_link_request import ask_for_link
from app.services import invitations, members
from app.store.invitations import InvitationListed
from app.web import refused_form
from app.web.members import ROLES, to_members
from app.web.refused_form import WHOLE_FORM
from app.web.sign_in import sent

blueprint = Blueprint("invitations", __name__)


@blueprint.app_template_global()
def open_invitations() -> Sequence[InvitationListed]:
    """Those of the organization whose page this is."""
    return invitations.open_in(request_context.runtime(), request_context.member())


@blueprint.app_template_test()
def void(invitation: InvitationListed) -> bool:
    """Whether who invited could not do so now."""
    return invitations.is_void(invitation)


@blueprint.app_template_global()
def invitation_link(invitation_id: str) -> str:
    return invitations.link(request_context.runtime(), invitation_id)


@blueprint.get("/orgs/<org>/invitations/new")
@RequireMember(Permission.MANAGE_MEMBERS)
def new() -> str:
    return _form(form_after_sign_in.take() or MultiDict(), {})


@blueprint.post("/orgs/<org>/invitations/new")
@RequireMember(Permission.MANAGE_MEMBERS)
def invite() -> Response:
    runtime, member, sent = request_context.runtime(), request_context.member(), request.form
    try:
        invited = invitations.invite(runtime, member, sent.get("email", ""), _role(sent.get("role", "")))
    except (ValidationFailed, Forbidden, RateLimited) as error:
        return refused_form.answer(_form(sent, _problems(error)), error)
    how = "We have sent them a link." if runtime.settings.has_mail else "No email is sent: copy the link for them."
    return to_members(f"{invited.email} is invited as {invited.role.with_article}. {how}")


@blueprint.post("/orgs/<org>/invitations/<invitation>/withdraw")
@RequireMember(Permission.MANAGE_MEMBERS)
def withdraw(invitation: str) -> Response:
    try:
        found = invitations.withdraw(request_context.runtime(), request_context.member(), invitation)
    except NotFound:
        return to_members("This invitation is not open any more.")
    return to_members(f"The invitation of {found.email} is withdrawn.")


@blueprint.get("/invitations/<invitation>")
@Public("it says what the mail said, and only who signs in with the invited address can join")
def show(invitation: str) -> Response:
    return _invitation(invitation)


@blueprint.post("/invitations/<invitation>/sign-in")
@Public("it mails a sign-in link to the invited address, as the sign-in page does")
@limit_anonymous
def sign_in(invitation: str) -> Response:
    runtime = request_context.runtime()
    try:
        email = invitations.get_open(runtime, invitation).email
        asked = ask_for_link(email, url_for("invitations.show", invitation=invitation))
    except NotFound:
        return _invitation(invitation)
    except RateLimited as error:
        return _invitation(invitation, error)
    return sent(asked, email_address.masked(email))


@blueprint.post("/invitations/<invitation>/accept")
@RequireSignIn()
def accept(invitation: str) -> Response:
    try:
        found = invitations.accept(request_context.runtime(), invitation, request_context.person().email)
    except NotFound:
        return redirect(url_for("invitations.show", invitation=invitation), 303)
    except Forbidden as error:
        return _invitation(invitation, error)
    flash(f"You are a member of {found.org_name} now.")
    return redirect(url_for("key_list.index", org=found.org_id), 303)


@blueprint.post("/invitations/<invitation>/decline")
@RequireSignIn()
def decline(invitation: str) -> Response:
    try:
        found = invitations.decline(request_context.runtime(), invitation, request_context.person().email)
    except NotFound:
        return redirect(url_for("invitations.show", invitation=invitation), 303)
    flash(f"You declined the invitation to {found.org_name}.")
    return redirect(url_for("home.index"), 303)


def _role(value: str) -> Role:
    try:
        return Role(value)
    except ValueError:
        raise ValidationFailed({"role": "choose a role"}) from None


def _problems(error: DomainError) -> dict[str, str]:
    if isinstance(error, ValidationFailed):
        return error.fields
    return {"role" if isinstance(error, Forbidden) else WHOLE_FORM: error.detail}


def _form(form: MultiDict[str, str], problems: dict[str, str]) -> str:
    member = request_context.member()
    return render_template(
        "invitations/new.html",
        email=form.get("email", ""),
        chosen=form.get("role") or Role.MEMBER.value,
        roles={role: ROLES[role] for role in members.roles_to_give(member)},
        problems=problems,
    )


def _invitation(invitation: str, refused: DomainError | None = None) -> Response:
    """The page of the invitation for whoever looks at it. It is the same for all that are not open."""
    runtime = request_context.runtime()
    person = current_user if current_user.is_authenticated else None
    try:
        found = invitations.get_open(runtime, invitation)
    except NotFound as error:
        org_id = invitations.joined(invitation, person.id, person.email) if person else None
        if org_id is not None:
            return redirect(url_for("key_list.index", org=org_id), 303)
        return make_response(render_template("invitations/closed.html"), status_of(error))
    is_theirs = person is not None and person.email == found.email
    is_void = is_theirs and invitations.is_void(found)
    problem = refused.detail if refused else invitations.refusal(found) if is_void else None
    page = render_template(
        "invitations/show.html",
        invitation=found,
        role=found.role.with_article,
        may=ROLES[found.role],
        masked_email=email_address.masked(found.email),
        is_theirs=is_theirs,
        is_void=is_void,
        problem=problem,
    )
    return refused_form.answer(page, refused) if refused else make_response(page)
