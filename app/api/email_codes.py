"""Door B: a code by mail, a session token for it."""

from typing import Annotated, NotRequired

from flask import Blueprint
from typing_extensions import TypedDict

from app.api.json_responses import Answer, Data, data
from app.domain.errors import OtpExpired, OtpInvalid, OtpMaxAttempts, RateLimited
from app.domain.rfc3339 import rfc3339
from app.http import context
from app.http.anonymous_limit import limit_anonymous
from app.http.api_fields import Code, Email, Time, field
from app.http.body import Body, read_json
from app.http.guards import Public
from app.http.route_docs import RouteDocs
from app.services import email_codes

blueprint = Blueprint("api_email_codes", __name__)


class CodeRequest(Body):
    email: Email


class CodeVerification(Body):
    email: Email
    code: Code


class CodeSent(TypedDict):
    message: Annotated[str, field("For people.", "If this address has an account, a code is on its way to it.")]
    expires_at: Time
    devCode: NotRequired[Annotated[str, field("The code itself; in dev mode only, where no mail is sent.", "482901")]]


class SessionToken(TypedDict):
    token: Annotated[str, field("For managing keys and nothing else, as `Authorization: Bearer …`.", "owt_…")]
    expires_at: Time


@blueprint.post("/auth/email-code")
@Public("this is how an agent gets in")
@RouteDocs(body=CodeRequest, example={"email": "you@example.com"}, errors=(RateLimited, OtpMaxAttempts))
@limit_anonymous
def request_code() -> Answer[Data[CodeSent]]:
    """Ask for a code by mail

    Mails a six-digit code to a person who has an account. The answer is the same for every address.
    """
    issued = email_codes.request(context.runtime(), email=read_json(CodeRequest).email, client=context.client())
    answer: CodeSent = {
        "message": "If this address has an account, a code is on its way to it.",
        "expires_at": rfc3339(issued.expires_at),
    }
    if issued.plaintext and context.shows_dev_secrets():
        answer["devCode"] = issued.plaintext.reveal()
    return data(answer)


@blueprint.post("/auth/email-code/verify")
@Public("the mailed code is the credential")
@RouteDocs(
    body=CodeVerification,
    example={"email": "you@example.com", "code": "482901"},
    errors=(OtpInvalid, OtpExpired, OtpMaxAttempts),
)
@limit_anonymous
def verify_code() -> Answer[Data[SessionToken]]:
    """Get a session token for the mailed code

    It lives for minutes, manages keys and does nothing else.
    """
    body = read_json(CodeVerification)
    issued = email_codes.verify(context.runtime(), email=body.email, code=body.code)
    return data({"token": issued.token.reveal(), "expires_at": rfc3339(issued.expires_at)})
