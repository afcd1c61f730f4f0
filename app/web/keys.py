"""The pages for the keys of an organization: list, create, revoke, rotate."""

import re
import secrets

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.domain import client_address
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
from app.http.problem_details import status_of
from app.services import key_rotation, keys, rotation_overlap
from app.services.keys import IssuedKey
from app.store.keys import ListedKey
from app.web import key_form_policy, new_key_link, new_key_templates, refused_form, snippets
from app.web.key_settings_form import (
    KeyForm,
    as_sent,
    choice,
    inclusions,
    known_expiries,
    offered_expiries,
    offered_scopes,
    owner_choices,
)
from app.web.refused_form import WHOLE_FORM, problems_of
from app.web.time_format import moment

blueprint = Blueprint("keys", __name__, url_prefix="/orgs/<org>/keys")

IDLES = {"": "Only then", "3600": "Once unused for an hour", "86400": "Once unused for a day"}
OVERLAPS = {"0": "At once", "3600": "In one hour", "86400": "In one day", "604800": "In seven days"}
_SUBMISSION = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


@blueprint.get("/new")
@RequireMember(Permission.CREATE_KEYS)
def new() -> str:
    """The address may fill in the form (docs/dashboard.md)."""
    submission_id = secrets.token_urlsafe(16)
    if unsent := form_after_sign_in.take():
        return _page(as_sent(unsent), submission_id, {})
    filled_in = new_key_link.read()
    return _page(filled_in.form, submission_id, filled_in.problems, filled_in)


@blueprint.post("/new")
@RequireMember(Permission.CREATE_KEYS)
def create() -> Response:
    """Responds with the key itself, shown once. Sending the same form again creates no second key; the button that adds
    the client's address to the form creates none."""
    form, submission_id = as_sent(), _submission_id()
    if "add_address" in request.form:
        return make_response(_page(form.with_network(_address()), submission_id, {}))
    try:
        issued = keys.create(
            request_context.runtime(),
            request_context.member(),
            form.settings(known_expiries()),
            submission_id=submission_id,
            of_organization=form.owner == "",
        )
    except KeyAlreadyShown as error:
        return _already_shown(error)
    except (ValidationFailed, UnknownScope, Forbidden, TooManyKeys, RateLimited) as error:
        return refused_form.answer(_page(form, submission_id, problems_of(error)), error)
    return _reveal(issued)


@blueprint.get("/<key>/rotate")
@RequireMember(Permission.MANAGE_OWN_KEYS)
def ask_rotate(key: str) -> str:
    unsent = form_after_sign_in.take() or MultiDict()
    return _rotation(key, unsent.get("overlap", "3600"), unsent.get("idle", ""), secrets.token_urlsafe(16), {})


def _rotation_as_sent(problems: dict[str, str], key: str) -> str:
    form = request.form
    return _rotation(key, form.get("overlap", "0"), form.get("idle", ""), _submission_id(), problems)


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


@blueprint.post("/<key>/extend")
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
    return redirect(url_for("key_settings.show", org=member.org_id, key=key), 303)


@blueprint.post("/<key>/rotate")
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
            submission_id=_submission_id(),
        )
    except KeyAlreadyShown as error:
        return _already_shown(error)
    except (ValidationFailed, UnknownScope, Forbidden, TooManyKeys, RateLimited, Busy) as error:
        # The form has no field for scopes.
        has_fields = isinstance(error, ValidationFailed) and not isinstance(error, OutsideKeyPolicy)
        problems = problems_of(error) if has_fields else {WHOLE_FORM: error.detail}
        return refused_form.answer(_rotation_as_sent(problems, key), error)
    return _reveal(issued, replaced=keys.get(request_context.member(), key))


def _reveal(issued: IssuedKey, replaced: ListedKey | None = None) -> Response:
    call = snippets.route_for(issued.listed.key.scopes)
    return make_response(render_template("keys/reveal.html", issued=issued, replaced=replaced, call=call), 201)


def _page(
    form: KeyForm, submission_id: str, problems: dict[str, str], filled_in: new_key_link.FilledIn | None = None
) -> str:
    """`filled_in`: what the address of the page says, if nobody has sent the form."""
    scopes = offered_scopes()
    return render_template(
        "keys/new.html",
        form=form,
        filled_in=filled_in,
        templates=new_key_templates.offered(),
        scopes=scopes,
        inclusions=inclusions(scopes),
        address=_address(),
        expiries=offered_expiries(),
        hints=key_form_policy.hints(),
        submission_id=submission_id,
        owners=owner_choices(),
        problems=problems,
    )


def _address() -> str:
    """The client's address as a form lists it; empty if it is not known."""
    return str(client_address.parsed(request.remote_addr or "") or "")


def _already_shown(error: KeyAlreadyShown) -> Response:
    listed = keys.get(request_context.member(), error.details["key_id"])
    return make_response(render_template("keys/already_shown.html", listed=listed), status_of(error))


def _submission_id() -> str:
    """The ID of the form, the same if it is sent twice. A form without a valid ID counts as new."""
    submission_id = request.form.get("submission_id", "")
    return submission_id if _SUBMISSION.fullmatch(submission_id) else secrets.token_urlsafe(16)
