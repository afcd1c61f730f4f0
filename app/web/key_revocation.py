"""The pages that revoke keys, one or many, that undo a revoke, and that report a key that got out."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain.errors import NotUndoable, ValidationFailed
from app.domain.member_roles import Permission
from app.http import request_context
from app.http.change_rate_limit import limit_changes
from app.http.guards import RequireMember
from app.services import key_addresses, key_revocation, keys, usage
from app.web import key_page
from app.web.key_form import held_scopes
from app.web.templating import back_to

blueprint = Blueprint("key_revocation", __name__, url_prefix="/orgs/<org>/keys")

REPORTED_DAYS = 30
REPORTED_ADDRESSES = 500


@blueprint.get("/revoke")
@RequireMember(Permission.MANAGE_OWN_KEYS)
def ask_revoke_many() -> Response | str:
    """The selected keys, and what traffic stops with them."""
    runtime, member, key_ids = request_context.runtime(), request_context.member(), request.args.getlist("key")
    try:
        key_revocation.check_number(key_ids)
    except ValidationFailed as error:
        flash(f"No key was revoked: {error.fields['keys']}.")
        return redirect(back_to(url_for("key_list.index", org=member.org_id)), 303)
    found = [keys.manageable(member, key_id, lock=False) for key_id in dict.fromkeys(key_ids)]
    weeks = usage.weeks(member.org_id, [listed.key.id for listed in found], runtime.clock())
    return render_template("keys/revoke_many.html", found=found, weeks=weeks)


@blueprint.post("/revoke")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@limit_changes
def revoke_many() -> Response:
    runtime, member = request_context.runtime(), request_context.member()
    try:
        revoked = key_revocation.revoke_many(runtime, member, request.form.getlist("key"))
    except ValidationFailed as error:
        flash(f"No key was revoked: {error.fields['keys']}.")
    else:
        flash(
            f"{len(revoked)} key{'s are' if len(revoked) > 1 else ' is'} revoked. Every request with them is refused."
        )
    return redirect(back_to(url_for("key_list.index", org=member.org_id)), 303)


@blueprint.get("/<key>/revoke")
@RequireMember(Permission.MANAGE_OWN_KEYS)
def ask_revoke(key: str) -> str:
    member, runtime = request_context.member(), request_context.runtime()
    listed = keys.manageable(member, key, lock=False)
    refused_today = usage.weeks(member.org_id, [key], runtime.clock())[key].days[-1][1]
    return render_template(
        "keys/revoke.html", listed=listed, refused_today=refused_today, leaked="leaked" in request.args
    )


@blueprint.post("/<key>/revoke")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@limit_changes
def revoke(key: str) -> Response:
    member, leaked = request_context.member(), "leaked" in request.form
    listed = key_revocation.revoke(request_context.runtime(), member, key, leaked=leaked)
    page = url_for("key_page.show", org=member.org_id, key=key)
    if leaked:
        return redirect(url_for("key_revocation.leak_report", org=member.org_id, key=key), 303)
    back = back_to(url_for("key_list.index", org=member.org_id))
    told = f"“{listed.key.name}” is revoked. Every request with this key is now refused."
    # The page of the key has the button itself.
    flash(told) if back.partition("?")[0] == page else flash(told, page)
    return redirect(back, 303)


@blueprint.post("/<key>/undo-revoke")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@limit_changes
def undo_revoke(key: str) -> Response:
    try:
        listed = key_revocation.undo(request_context.runtime(), request_context.member(), key)
    except NotUndoable as error:
        flash(error.detail)
    else:
        again = "is no longer revoked, but still suspended" if listed.key.suspended_at else "works again"
        flash(f"“{listed.key.name}” {again}.")
    return key_page.redirect_to(key)


@blueprint.get("/<key>/leaked")
@RequireMember(Permission.MANAGE_OWN_KEYS)
def leak_report(key: str) -> str:
    """What to tell others about a key that got out."""
    member, now = request_context.member(), request_context.runtime().clock()
    listed = keys.manageable(member, key, lock=False)
    return render_template(
        "keys/leaked.html",
        listed=listed,
        scopes=held_scopes(listed),
        number_of_days=REPORTED_DAYS,
        days=usage.days_of(member.org_id, key, now, REPORTED_DAYS),
        addresses=key_addresses.of_key(member.org_id, key, now, days=REPORTED_DAYS, limit=REPORTED_ADDRESSES),
        an_hour=timedelta(hours=1),
    )
