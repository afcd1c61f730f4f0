"""The pages of one key: its settings and usage, and the form that changes the settings."""

from dataclasses import replace
from hashlib import sha256

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain import key_settings_ceiling, member_roles
from app.domain.errors import Busy, Forbidden, UnknownScope, ValidationFailed
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Permission
from app.domain.revocation_undo import undoable_until
from app.http import form_after_sign_in, request_context
from app.http.change_rate_limit import limit_changes
from app.http.guards import RequireMember
from app.services import audit, key_addresses, key_revocation, key_settings, key_suspension, keys, usage, usage_report
from app.services.key_settings import ForOwner
from app.store.keys import ListedKey
from app.web import change_key_link, key_form_policy, refused_form, snippets
from app.web.change_key_link import SuggestedScope
from app.web.key_settings_form import (
    KEEP,
    KeyForm,
    as_it_is,
    as_sent,
    held_scopes,
    inclusions,
    known_expiries,
    offered_expiries,
    offered_scopes,
    owner_choices,
)
from app.web.refused_form import problems_of
from app.web.templating import status
from app.web.time_format import moment
from app.web.usage import asked_span

blueprint = Blueprint("key_settings", __name__, url_prefix="/orgs/<org>/keys/<key>")

HISTORY_SHOWN = 20
ADDRESSES_SHOWN = 5
_LABELS = {"scopes": "Scopes", "expires_at": "Expires", "networks": "Networks", "rate_limit": "Rate limit"}


@blueprint.get("")
@RequireMember(Permission.READ_KEYS)
def show(key: str) -> str:
    member, runtime = request_context.member(), request_context.runtime()
    listed, now = keys.get(member, key), runtime.clock()
    may_read_log = member_roles.allows(member.role, Permission.READ_AUDIT_LOG)
    successor = keys.get(member, listed.successor) if listed.successor else None
    predecessor = keys.get(member, listed.key.rotated_from) if listed.key.rotated_from else None
    return render_template(
        "keys/show.html",
        listed=listed,
        scopes=held_scopes(listed),
        series=usage_report.series(member.org_id, asked_span(), now, key_id=key),
        addresses=key_addresses.of_key(member.org_id, key, now, days=30, limit=ADDRESSES_SHOWN),
        call=snippets.route_for(listed.key.scopes),
        history=audit.of_key(member.org_id, key, limit=HISTORY_SHOWN) if may_read_log else None,
        successor=successor,
        still_used=usage.let_through_since(member.org_id, key, successor.key.created_at) if successor else 0,
        predecessor=predecessor,
        may_resume_predecessor=predecessor is not None and key_suspension.may_resume(member, predecessor.key),
        may_resume=key_suspension.may_resume(member, listed.key),
        undoable_until=undoable_until(listed.key),
        why_not_undoable=key_revocation.why_not_undoable(member, listed, now),
    )


@blueprint.get("/change")
@RequireMember(Permission.MANAGE_OWN_KEYS)
def ask_change(key: str) -> str:
    listed = keys.manageable(request_context.member(), key, lock=False)
    if status(listed) in {"revoked", "expired"}:
        return render_template("keys/not_changed.html", listed=listed)
    if unsent := form_after_sign_in.take():
        # With the digest of then: what others changed meanwhile must not be undone.
        return _page(listed, as_sent(unsent), {}, seen=unsent.get("seen", ""))
    form, suggested = as_it_is(listed, KEEP), change_key_link.read(listed)
    if suggested and suggested.ticked:
        form = replace(form, scopes=[*form.scopes, suggested.ticked])
    return _page(listed, form, {}, suggested=suggested)


def _as_sent(problems: dict[str, str], key: str) -> str:
    listed = keys.manageable(request_context.member(), key, lock=False)
    return _page(listed, as_sent(), problems, seen=request.form.get("seen", ""))


@blueprint.post("/change")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@refused_form.also_over_limit(_as_sent)
@limit_changes
def change(key: str) -> Response:
    """Changes nothing if the key has changed since the form was loaded: the form would undo that change."""
    listed, form = keys.manageable(request_context.member(), key, lock=False), as_sent()
    if request.form.get("seen", "") != _seen(listed):
        now = as_it_is(listed, KEEP)
        problem = {"name": "Somebody else changed this key in the meantime. The form shows its current settings"}
        return make_response(_page(listed, now, problem), 409)
    try:
        member, wanted = request_context.member(), _wanted(listed, form)
        key_settings.change(request_context.runtime(), member, key, wanted, to=_wanted_owner(listed, form))
    except (ValidationFailed, UnknownScope, Forbidden, Busy) as error:
        return refused_form.answer(_page(listed, form, problems_of(error)), error)
    flash(f"“{form.name.strip()}” is changed. The changes apply from the next request.")
    return to_page_of(key)


def to_page_of(key: str) -> Response:
    return redirect(url_for("key_settings.show", org=request_context.member().org_id, key=key), 303)


def _wanted(listed: ListedKey, form: KeyForm) -> KeySettings:
    wanted = form.settings(_expiries(listed) | known_expiries())
    # Unchanged scopes are left out: a member may keep scopes that they could not grant.
    if set(form.scopes) == set(listed.key.scopes):
        del wanted["scopes"]
    return wanted


def _wanted_owner(listed: ListedKey, form: KeyForm) -> ForOwner | None:
    """None: no other than now, who may be no member any more."""
    unchanged = form.owner is None or form.owner == (listed.owner or "")
    return None if unchanged else ForOwner(form.owner or None)


def _page(
    listed: ListedKey,
    form: KeyForm,
    problems: dict[str, str],
    *,
    seen: str | None = None,
    suggested: SuggestedScope | None = None,
) -> str:
    scopes = offered_scopes(listed.key.scopes)
    return render_template(
        "keys/change.html",
        listed=listed,
        form=form,
        scopes=scopes,
        inclusions=inclusions(scopes),
        expiries=_expiries(listed),
        hints=key_form_policy.hints(),
        seen=_seen(listed) if seen is None else seen,
        bounds=_bounds(listed),
        suggested=suggested,
        owners=owner_choices(listed),
        problems=problems,
    )


def _bounds(listed: ListedKey) -> dict[str, str]:
    """What the member cannot lift, by the name that the form has for it."""
    if member_roles.allows(request_context.member().role, Permission.MANAGE_ALL_KEYS):
        return {}
    return {_LABELS[name]: key_settings_ceiling.described(bound) for name, bound in listed.key.bounds.items()}


def _expiries(listed: ListedKey) -> dict[str, str]:
    ends = listed.key.expires_at
    return {KEEP: f"Keep: {moment(ends) if ends else 'never'}", **offered_expiries()}


def _seen(listed: ListedKey) -> str:
    """A digest of the settings that a form shows, to notice changes made since."""
    return sha256(repr((as_it_is(listed, KEEP), listed.key.expires_at)).encode()).hexdigest()[:16]
