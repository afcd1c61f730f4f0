"""`/v1/agent/…`: an agent signs its user up with an emailed code, or recovers the user's key."""

from typing import Annotated, NotRequired

from flask import Blueprint
from typing_extensions import TypedDict

from app.domain.errors import Forbidden, OtpExpired, OtpInvalid, OtpMaxAttempts, RateLimited, TooManyKeys
from app.domain.rfc3339 import rfc3339
from app.http import request_context
from app.http.anonymous_limit import limit_anonymous
from app.http.field_types import Code, Email, field
from app.http.guards import Public
from app.http.request_body import Body, read_json
from app.http.route_docs import RouteDocs
from app.services import agent_sign_up

blueprint = Blueprint("api_agent_sign_up", __name__)


class SignUp(Body):
    email: Email


class SignUpVerification(Body):
    email: Email
    otp_code: Code


class SignUpSent(TypedDict):
    email: Email
    message: Annotated[str, field("A message for people.", "Verification code sent to your email")]
    devCode: NotRequired[Annotated[str, field("The code. Only in dev mode, where no email is sent.", "482901")]]


class SignedUp(TypedDict):
    email: Email
    api_key: Annotated[
        str, field("The key. Later verifications return the same key, or its successor after a rotation.", "of_…")
    ]
    is_new_user: Annotated[bool, field("Whether the account is new.", True)]
    expires_at: NotRequired[
        Annotated[
            str,
            field("When the key expires, if it does. Then sign up again.", "2027-04-16T12:00:00Z", format="date-time"),
        ]
    ]


@blueprint.post("/agent/sign-up")
@Public("an agent has no credential yet")
@RouteDocs(body=SignUp, example={"email": "founder@example.com"}, errors=(RateLimited, OtpMaxAttempts))
@limit_anonymous
def sign_up() -> SignUpSent:
    """Sign up, or recover a key

    Emails a six-digit code. The response is the same for every address.
    """
    email = read_json(SignUp).email
    issued = agent_sign_up.request(
        request_context.runtime(), email=email, client=request_context.client(), asker=request_context.asker()
    )
    answer: SignUpSent = {"email": email, "message": "Verification code sent to your email"}
    if issued.plaintext and request_context.shows_dev_secrets():
        answer["devCode"] = issued.plaintext.reveal()
    return answer


@blueprint.post("/agent/verify")
@Public("the emailed code is the credential")
@RouteDocs(
    body=SignUpVerification,
    example={"email": "founder@example.com", "otp_code": "123456"},
    errors=(OtpInvalid, OtpExpired, OtpMaxAttempts, Forbidden, TooManyKeys, RateLimited),
)
@limit_anonymous
def verify() -> SignedUp:
    """Exchange the code for a key

    A new user gets an account, an organization and a key. A user who already has a sign-up key gets the same key again,
    or its successor after a rotation. Where people sign up by invitation only, a user who is in no organization is
    refused: they join one first.
    """
    body = read_json(SignUpVerification)
    done = agent_sign_up.verify(request_context.runtime(), email=body.email, code=body.otp_code)
    answer: SignedUp = {"email": done.email, "api_key": done.api_key.reveal(), "is_new_user": done.is_new_user}
    if done.expires_at:
        answer["expires_at"] = rfc3339(done.expires_at)
    return answer
