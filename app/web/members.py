"""The members of an organization, and the page that gives one of them another role."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain import member_roles
from app.domain.errors import Busy, Forbidden, KeysUndecided, LastOwner, NotFound, ValidationFailed
from app.domain.member_roles import Permission, Role
from app.http import form_after_sign_in, request_context
from app.http.change_rate_limit import limit_changes
from app.http.guards import RequireMember
from app.services import members
from app.web import refused_form
from app.web.refused_form import WHOLE_FORM

blueprint = Blueprint("members", __name__, url_prefix="/orgs/<org>/members")

#: What each role may do, in a line.
ROLES = {
    Role.OWNER: "Manages keys and members, and makes others owners.",
    Role.ADMIN: "Manages every key, and every member who is no owner.",
    Role.MEMBER: "Creates keys, and manages the keys that belong to them.",
    Role.VIEWER: "Sees keys and usage.",
}
#: What may happen to keys that somebody could not create in their new role.
KEYS = {"": "Choose…", "keep": "Keep working", "revoke": "Revoke"}
NOT_A_MEMBER = "This person is not a member, or no longer. Nothing was changed."


@blueprint.get("")
@RequireMember(Permission.READ_KEYS)
def index() -> str:
    runtime, member = request_context.runtime(), request_context.member()
    return render_template(
        "members/index.html",
        found=members.everybody(runtime, member),
        roles=ROLES,
        given=members.roles_to_give(member),
        manages=member_roles.allows(member.role, Permission.MANAGE_MEMBERS),
    )


@blueprint.get("/<person>/role")
@RequireMember(Permission.MANAGE_MEMBERS)
def ask_role(person: str) -> str:
    unsent = form_after_sign_in.take()
    return _page(person, {}, chosen=unsent.get("role") if unsent else None)


def _page_over_limit(problems: dict[str, str], person: str) -> str:
    return _page(person, problems, chosen=request.form.get("role"))


@blueprint.post("/<person>/role")
@RequireMember(Permission.MANAGE_MEMBERS)
@refused_form.also_over_limit(_page_over_limit)
@limit_changes
def set_role(person: str) -> Response:
    """Asks about keys that the person could not create in the new role, before anything is changed."""
    runtime, member, wanted = request_context.runtime(), request_context.member(), request.form.get("role", "")
    try:
        role = Role(wanted)
    except ValueError:
        flash("No role was chosen. Nothing was changed.")
        return redirect(url_for("members.ask_role", org=member.org_id, person=person), 303)
    try:
        was = members.get(runtime, member, person).role
        done = members.set_role(runtime, member, person, role, **_decided(role))
    except NotFound:
        return to_members(NOT_A_MEMBER)
    except KeysUndecided as error:
        is_new = not request.form.getlist("key")
        problems = {} if is_new else {WHOLE_FORM: "Choose what happens to the keys that are listed here."}
        return refused_form.answer(_page(person, problems, chosen=wanted, asks=True), error)
    except (Forbidden, LastOwner, ValidationFailed, Busy) as error:
        problem = f"the keys {error.fields['keys']}" if isinstance(error, ValidationFailed) else error.detail
        return refused_form.answer(_page(person, {WHOLE_FORM: problem}, chosen=wanted, asks=True), error)
    now = "already. Nothing was changed." if was is done.role else "now."
    return to_members(f"{done.email} is {done.role.with_article} {now}")


def to_members(told: str) -> Response:
    flash(told)
    return redirect(url_for("members.index", org=request_context.member().org_id), 303)


def _decided(role: Role) -> dict[str, Any]:
    """What the form says about keys, if it was asked about this role."""
    answer = request.form.get("keys", "")
    if answer not in {"keep", "revoke"} or request.form.get("asked") != role:
        return {}
    return {"revoke_keys": answer == "revoke", "seen": request.form.getlist("key")}


def _page(person: str, problems: dict[str, str], *, chosen: str | None = None, asks: bool = False) -> str:
    runtime, member = request_context.runtime(), request_context.member()
    found = members.manageable(runtime, member, person)
    wanted = Role(chosen) if asks and chosen else None
    return render_template(
        "members/role.html",
        found=found,
        chosen=chosen or found.role.value,
        roles={role: ROLES[role] for role in members.roles_to_give(member)},
        beyond=members.keys_beyond(runtime, member, person, wanted) if wanted else [],
        beyond_role=wanted,
        fates=KEYS,
        problems=problems,
    )
