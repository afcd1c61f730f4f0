"""Door B: a code by mail, a session token for it."""

from typing import Any

from flask import Blueprint

from app.api.answers import Answer, data
from app.domain.times import rfc3339
from app.http import context
from app.http.body import Body, read_json
from app.http.fence import fence
from app.http.guards import Public
from app.services import email_codes

blueprint = Blueprint("api_email_codes", __name__)


class CodeRequest(Body):
    email: str


class CodeVerification(Body):
    email: str
    code: str


@blueprint.post("/auth/email-code")
@Public("this is how an agent gets in")
@fence
def request_code() -> Answer:
    """Mails a six-digit code to a person who has an account. The same answer for every address."""
    issued = email_codes.request(context.desk(), email=read_json(CodeRequest).email, client=context.client())
    answer: dict[str, Any] = {
        "message": "If this address has an account, a code is on its way to it.",
        "expires_at": rfc3339(issued.expires_at),
    }
    if issued.plaintext and context.shows_dev_secrets():
        answer["devCode"] = issued.plaintext
    return data(answer)


@blueprint.post("/auth/email-code/verify")
@Public("the mailed code is the credential")
@fence
def verify_code() -> Answer:
    """A session token for the right code: fifteen minutes, for managing keys and nothing else."""
    body = read_json(CodeVerification)
    issued = email_codes.verify(context.desk(), email=body.email, code=body.code)
    return data({"token": issued.token, "expires_at": rfc3339(issued.expires_at)})
