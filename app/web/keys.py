"""Keys of an organization, in the browser."""

import re
import secrets

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.domain import roles
from app.domain.errors import DomainError, Forbidden, KeyAlreadyShown, UnknownScope, ValidationFailed
from app.domain.roles import Permission
from app.http import context
from app.http.guards import Member
from app.problems import status_of
from app.services import api_keys
from app.services.api_keys import KeyWish

blueprint = Blueprint("keys", __name__, url_prefix="/orgs/<org>/keys")

PAGE_SIZE = 50
#: What the form offers; the API takes any date.
EXPIRIES = {"30": "In 30 days", "90": "In 90 days", "365": "In one year", "": "Never"}
OVERLAPS = {"0": "At once", "3600": "In one hour", "86400": "In one day", "604800": "In seven days"}
_SUBMISSION = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


@blueprint.get("")
@Member(Permission.READ_KEYS)
def index() -> str:
    page = api_keys.page(context.member(), limit=PAGE_SIZE, cursor=request.args.get("cursor"))
    return render_template("keys/index.html", page=page, is_first=not request.args.get("cursor"))


@blueprint.get("/new")
@Member(Permission.CREATE_KEYS)
def new() -> str:
    chosen = context.desk().settings.policy.default_scopes
    return _form(name="", chosen=chosen, expires="90", submission_id=secrets.token_urlsafe(16), problems={})


@blueprint.post("/new")
@Member(Permission.CREATE_KEYS)
def create() -> Response:
    """The answer is the key itself, shown once; sending the form again makes no second one."""
    name, chosen, expires = (
        request.form.get("name", ""),
        request.form.getlist("scopes"),
        request.form.get("expires", ""),
    )
    submission_id = _submission_id()
    try:
        wish = KeyWish(name, chosen, expires_in_days=_choice(expires, EXPIRIES, "expires"), submission_id=submission_id)
        issued = api_keys.create(context.desk(), context.member(), wish)
    except KeyAlreadyShown as error:
        return _already_shown(error)
    except (ValidationFailed, UnknownScope, Forbidden) as error:
        page = _form(name=name, chosen=chosen, expires=expires, submission_id=submission_id, problems=_problems(error))
        return make_response(page, status_of(error))
    return make_response(render_template("keys/reveal.html", issued=issued, replaced=None), 201)


@blueprint.get("/<key>/revoke")
@Member(Permission.MANAGE_OWN_KEYS)
def ask_revoke(key: str) -> str:
    return render_template("keys/revoke.html", listed=api_keys.get(context.member(), key))


@blueprint.post("/<key>/revoke")
@Member(Permission.MANAGE_OWN_KEYS)
def revoke(key: str) -> Response:
    listed = api_keys.revoke(context.desk(), context.member(), key)
    flash(f"“{listed.key.name}” is revoked. Requests with it are refused from now on.")
    return redirect(url_for("keys.index", org=context.member().org_id), 303)


@blueprint.get("/<key>/rotate")
@Member(Permission.MANAGE_OWN_KEYS)
def ask_rotate(key: str) -> str:
    return render_template(
        "keys/rotate.html",
        listed=api_keys.get(context.member(), key),
        overlaps=OVERLAPS,
        submission_id=secrets.token_urlsafe(16),
    )


@blueprint.post("/<key>/rotate")
@Member(Permission.MANAGE_OWN_KEYS)
def rotate(key: str) -> Response:
    try:
        issued = api_keys.rotate(
            context.desk(),
            context.member(),
            key,
            overlap_seconds=_choice(request.form.get("overlap", "0"), OVERLAPS, "overlap") or 0,
            submission_id=_submission_id(),
        )
    except KeyAlreadyShown as error:
        return _already_shown(error)
    old = api_keys.get(context.member(), key)
    return make_response(render_template("keys/reveal.html", issued=issued, replaced=old), 201)


def _form(*, name: str, chosen: object, expires: str, submission_id: str, problems: dict[str, str]) -> str:
    role = context.member().role
    policy = context.desk().settings.policy
    grantable = [scope for scope in policy.scopes.values() if roles.may_grant(role, scope.name)]
    return render_template(
        "keys/new.html",
        scopes=[(scope, policy.routes_opened_by(scope.name)) for scope in grantable],
        expiries=EXPIRIES,
        name=name,
        chosen=chosen,
        expires=expires,
        submission_id=submission_id,
        problems=problems,
    )


def _already_shown(error: KeyAlreadyShown) -> Response:
    listed = api_keys.get(context.member(), error.details["key_id"])
    return make_response(render_template("keys/already_shown.html", listed=listed), status_of(error))


def _problems(error: DomainError) -> dict[str, str]:
    if isinstance(error, ValidationFailed):
        return dict(error.details["fields"])
    return {"scopes": error.detail}


def _choice(value: str, offered: dict[str, str], field: str) -> int | None:
    if value not in offered:
        raise ValidationFailed({field: "choose one of the offered answers"})
    return int(value) if value else None


def _submission_id() -> str:
    """The form's own mark; a form without a usable one counts as a new one."""
    submission_id = request.form.get("submission_id", "")
    return submission_id if _SUBMISSION.fullmatch(submission_id) else secrets.token_urlsafe(16)
