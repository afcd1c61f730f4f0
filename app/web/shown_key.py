"""The page that shows a new key, once, and what it can do with it: a file to download, and a test. Both get the key in
the body, so that it stands in no URL, and no page shows it again."""

import re
import secrets

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from app.domain import key_format
from app.domain.errors import KeyAlreadyShown, ValidationFailed
from app.domain.key_verification import Outcome, refusal
from app.domain.member_roles import Permission
from app.http import request_context
from app.http.change_rate_limit import limit_changes
from app.http.guards import RequireMember
from app.http.problem_details import status_of
from app.services import key_verification, keys
from app.services.keys import IssuedKey
from app.store.keys import ListedKey
from app.web import snippets

blueprint = Blueprint("shown_key", __name__, url_prefix="/orgs/<org>/shown-key")

#: The environment variable of the file and of the snippets.
VARIABLE = "KEYDESK_API_KEY"
_SUBMISSION = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


def page(issued: IssuedKey, replaced: ListedKey | None = None) -> Response:
    """The page with the key itself. `replaced`: the key whose place it takes."""
    call = snippets.route_for(issued.listed.key.scopes)
    return make_response(render_template("keys/reveal.html", issued=issued, replaced=replaced, call=call), 201)


def page_of_known(error: KeyAlreadyShown) -> Response:
    """The page for a form that was sent twice: it names the key without showing it again."""
    listed = keys.get(request_context.member(), error.details["key_id"])
    return make_response(render_template("keys/already_shown.html", listed=listed), status_of(error))


def submission_id() -> str:
    """The ID of the form, the same if it is sent twice. A form without a valid ID counts as new."""
    sent = request.form.get("submission_id", "")
    return sent if _SUBMISSION.fullmatch(sent) else secrets.token_urlsafe(16)


@blueprint.post("/keydesk.env")
@RequireMember(Permission.CREATE_KEYS)
def download() -> Response:
    """The key as a file that shells, Docker and Node.js read. Nothing is looked up and nothing is kept."""
    key = _key()
    if not key_format.is_well_formed(key):
        raise ValidationFailed({"key": "is no whole key"})
    response = make_response(f"{VARIABLE}={key}\n")
    response.content_type = "text/plain; charset=utf-8"
    response.headers["Content-Disposition"] = "attachment; filename=keydesk.env"
    return response


@blueprint.post("/test")
@RequireMember(Permission.CREATE_KEYS)
@limit_changes
def test() -> str:
    """Whether a key of this organization is accepted, from the address of whoever asks. It leaves no trace: it
    is no traffic, and a test that fails must not make the key look as if programs failed."""
    runtime, member, address = request_context.runtime(), request_context.member(), request.remote_addr
    done = key_verification.verdict(runtime, _key(), org_id=member.org_id, address=address)
    accepted = done.outcome is Outcome.VALID
    return render_template(
        "keys/tested.html",
        accepted=accepted,
        outcome=done.outcome,
        key=done.record,
        address=address,
        reason=None if accepted else refusal(done.outcome, done.record, None, address, done.rate).detail,
    )


def _key() -> str:
    return request.form.get("key", "").strip()
