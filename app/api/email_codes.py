"""`/v1/auth/email-code`: an agent gets a session token for an emailed code."""

from typing import Annotated, NotRequired

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, data
from app.domain.errors import OtpExpired, OtpInvalid, OtpMaxAttempts, RateLimited
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.anonymous_limit import limit_anonymous
from app.http.field_types import Code, Email, Time, field
from app.http.guards import Public
from app.http.request_body import Body, read_json
from app.http.route_docs import RouteDocs
from app.services import email_codes

blueprint = Blueprint("api_email_codes", __name__)


class CodeRequest(Body):
    email: Email


class CodeVerification(Body):
    email: Email
    code: Code


class CodeSent(TypedDict):
    message: Annotated[
        str, field("A message for people.", "If this address has an account, we have sent a code to it.")
    ]
    expires_at: Time
    devCode: NotRequired[Annotated[str, field("The code. Only in dev mode, where no email is sent.", "482901")]]


class SessionToken(TypedDict):
    token: Annotated[str, field("The session token. Send it as `Authorization: Bearer …`.", "owt_…")]
    expires_at: Time


@blueprint.post("/auth/email-code")
@Public("an agent has no credential yet")
@RouteDocs(body=CodeRequest, example={"email": "you@example.com"}, errors=(RateLimited, OtpMaxAttempts))
@limit_anonymous
def request_code() -> Answer[Data[CodeSent]]:
    """Request a code by email

    Emails a six-digit code to a user who has an account. The response is the same for every address.
    """
    issued = email_codes.request(
        request_context.runtime(),
        email=read_json(CodeRequest).email,
        client=request_context.client(),
        asker=request_context.asker(),
    )
    answer: CodeSent = {
        "message": "If this address has an account, we have sent a code to it.",
        "expires_at": rfc3339(issued.expires_at),
    }
    if issued.plaintext and request_context.shows_dev_secrets():
        answer["devCode"] = issued.plaintext.reveal()
    return data(answer)


@blueprint.post("/auth/email-code/verify")
@Public("the emailed code is the credential")
@RouteDocs(
    body=CodeVerification,
    example={"email": "you@example.com", "code": "482901"},
    errors=(OtpInvalid, OtpExpired, OtpMaxAttempts),
)
@limit_anonymous
def verify_code() -> Answer[Data[SessionToken]]:
    """Exchange the code for a session token

    The session token is valid until `expires_at`, and can only manage keys.
    """
    body = read_json(CodeVerification)
    issued = email_codes.verify(request_context.runtime(), email=body.email, code=body.code)
    return data({"token": issued.token.reveal(), "expires_at": rfc3339(issued.expires_at)})
