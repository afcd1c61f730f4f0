"""The form that changes the settings of a key."""

from dataclasses import replace
from hashlib import sha256

from flask import Blueprint, flash, make_response, render_template, request
from werkzeug.wrappers import Response

from app.domain import key_settings_ceiling, member_roles
from app.domain.errors import Busy, Forbidden, UnknownScope, ValidationFailed
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Permission
from app.http import form_after_sign_in, request_context
from app.http.change_rate_limit import limit_changes
from app.http.guards import RequireMember
from app.services import key_settings, keys
from app.services.key_settings import ForOwner
from app.store.keys import ListedKey
from app.web import change_key_link, key_form_policy, key_page, refused_form
from app.web.absolute_time import moment
from app.web.change_key_link import SuggestedScope
from app.web.key_form import (
    KEEP,
    KeyForm,
    as_it_is,
    as_sent,
    inclusions,
    known_expiries,
    offered_expiries,
    offered_scopes,
    owner_choices,
)
from app.web.refused_form import problems_of
from app.web.templating import status

blueprint = Blueprint("key_settings", __name__, url_prefix="/orgs/<org>/keys/<key>")

_LABELS = {"scopes": "Scopes", "expires_at": "Expires", "networks": "Networks", "rate_limit": "Rate limit"}


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
    return key_page.redirect_to(key)


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
