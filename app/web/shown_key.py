"""What the page with a new key can do with it: a file to download, and a test. Both get the key in the body, so that it
stands in no URL, and no page shows it again."""

from flask import Blueprint, Response, make_response, render_template, request

from app.domain import key_format
from app.domain.errors import ValidationFailed
from app.domain.key_verification import Outcome, refusal
from app.domain.member_roles import Permission
from app.http import request_context
from app.http.change_rate_limit import limit_changes
from app.http.guards import RequireMember
from app.services import key_verification

blueprint = Blueprint("shown_key", __name__, url_prefix="/orgs/<org>/shown-key")

#: The environment variable of the file and of the snippets.
VARIABLE = "KEYDESK_API_KEY"


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
