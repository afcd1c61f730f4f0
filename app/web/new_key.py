"""The form that creates a key."""

import secrets

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from app.domain import client_address
from app.domain.errors import (
    Forbidden,
    KeyAlreadyShown,
    RateLimited,
    TooManyKeys,
    UnknownScope,
    ValidationFailed,
)
from app.domain.member_roles import Permission
from app.http import form_after_sign_in, request_context
from app.http.guards import RequireMember
from app.services import keys
from app.web import key_form_policy, new_key_link, new_key_templates, refused_form, shown_key
from app.web.key_form import (
    KeyForm,
    as_sent,
    inclusions,
    known_expiries,
    offered_expiries,
    offered_scopes,
    owner_choices,
)
from app.web.refused_form import problems_of

blueprint = Blueprint("new_key", __name__, url_prefix="/orgs/<org>/keys")


@blueprint.get("/new")
@RequireMember(Permission.CREATE_KEYS)
def ask_create() -> str:
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
    form, submission_id = as_sent(), shown_key.submission_id()
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
        return shown_key.page_of_known(error)
    except (ValidationFailed, UnknownScope, Forbidden, TooManyKeys, RateLimited) as error:
        return refused_form.answer(_page(form, submission_id, problems_of(error)), error)
    return shown_key.page(issued)


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
