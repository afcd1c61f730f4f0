"""The pages that replace a key by a new one: the form, and more time for the key that is being replaced."""

import secrets

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.domain.errors import (
    Busy,
    Forbidden,
    KeyAlreadyShown,
    KeyNotActive,
    RateLimited,
    TooManyKeys,
    UnknownScope,
    ValidationFailed,
)
from app.domain.key_policy import OutsideKeyPolicy
from app.domain.member_roles import Permission
from app.http import form_after_sign_in, request_context
from app.http.change_rate_limit import limit_changes
from app.http.guards import RequireMember
from app.services import key_rotation, keys, rotation_overlap
from app.web import key_form_policy, refused_form, shown_key
from app.web.absolute_time import moment
from app.web.key_form import choice
from app.web.refused_form import WHOLE_FORM, problems_of

blueprint = Blueprint("key_rotation", __name__, url_prefix="/orgs/<org>/keys/<key>")

IDLES = {"": "Only then", "3600": "Once unused for an hour", "86400": "Once unused for a day"}
OVERLAPS = {"0": "At once", "3600": "In one hour", "86400": "In one day", "604800": "In seven days"}


@blueprint.get("/rotate")
@RequireMember(Permission.MANAGE_OWN_KEYS)
def ask_rotate(key: str) -> str:
    unsent = form_after_sign_in.take() or MultiDict()
    return _rotation(key, unsent.get("overlap", "3600"), unsent.get("idle", ""), secrets.token_urlsafe(16), {})


def _rotation_as_sent(problems: dict[str, str], key: str) -> str:
    form = request.form
    return _rotation(key, form.get("overlap", "0"), form.get("idle", ""), shown_key.submission_id(), problems)


def _rotation(key: str, overlap: str, idle: str, submission_id: str, problems: dict[str, str]) -> str:
    listed = keys.manageable(request_context.member(), key, lock=False)
    policy = key_form_policy.of_organization()
    ends = policy.shortened(listed.key.settings, request_context.runtime().clock())["expires_at"]
    return render_template(
        "keys/rotate.html",
        chosen=overlap,
        chosen_idle=idle,
        idles=IDLES,
        listed=listed,
        earlier_end=ends if ends != listed.key.expires_at else None,
        hints=key_form_policy.hints(),
        overlaps=OVERLAPS,
        submission_id=submission_id,
        problems=problems,
    )


@blueprint.post("/extend")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@limit_changes
def extend(key: str) -> Response:
    """A day more for a key that is being replaced."""
    member = request_context.member()
    try:
        listed = rotation_overlap.extend(request_context.runtime(), member, key)
    except (KeyNotActive, OutsideKeyPolicy) as error:
        flash(error.detail)
    else:
        if listed.key.expires_at:
            flash(f"“{listed.key.name}” works until {moment(listed.key.expires_at)}.")
    return redirect(url_for("key_page.show", org=member.org_id, key=key), 303)


@blueprint.post("/rotate")
@RequireMember(Permission.MANAGE_OWN_KEYS)
@refused_form.also_over_limit(_rotation_as_sent)
@limit_changes
def rotate(key: str) -> Response:
    try:
        issued = key_rotation.rotate(
            request_context.runtime(),
            request_context.member(),
            key,
            overlap_seconds=choice(request.form.get("overlap", "0"), OVERLAPS, "overlap"),
            idle_seconds=choice(idle, IDLES, "idle") if (idle := request.form.get("idle", "")) else None,
            submission_id=shown_key.submission_id(),
        )
    except KeyAlreadyShown as error:
        return shown_key.page_of_known(error)
    except (ValidationFailed, UnknownScope, Forbidden, TooManyKeys, RateLimited, Busy) as error:
        # The form has no field for scopes.
        has_fields = isinstance(error, ValidationFailed) and not isinstance(error, OutsideKeyPolicy)
        problems = problems_of(error) if has_fields else {WHOLE_FORM: error.detail}
        return refused_form.answer(_rotation_as_sent(problems, key), error)
    return shown_key.page(issued, replaced=keys.get(request_context.member(), key))
