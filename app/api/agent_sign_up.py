"""Door C: an agent signs its person up, or gets their key back."""

from typing import Annotated, NotRequired

from flask import Blueprint
from typing_extensions import TypedDict

from app.domain.errors import OtpExpired, OtpInvalid, OtpMaxAttempts, RateLimited
from app.http import context
from app.http.anonymous_limit import limit_anonymous
from app.http.api_fields import Code, Email, field
from app.http.body import Body, read_json
from app.http.guards import Public
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
    message: Annotated[str, field("For people.", "Verification code sent to your email")]
    devCode: NotRequired[Annotated[str, field("The code itself; in dev mode only, where no mail is sent.", "482901")]]


class SignedUp(TypedDict):
    email: Email
    api_key: Annotated[str, field("The key. The next verification gives the very same one back.", "of_…")]
    is_new_user: Annotated[bool, field("Whether this made the account.", True)]


@blueprint.post("/agent/sign-up")
@Public("this is how an agent gets in")
@RouteDocs(body=SignUp, example={"email": "founder@example.com"}, errors=(RateLimited, OtpMaxAttempts))
@limit_anonymous
def sign_up() -> SignUpSent:
    """Sign up, or recover a key

    Mails a six-digit code. The answer is the same for every address.
    """
    email = read_json(SignUp).email
    issued = agent_sign_up.request(context.runtime(), email=email, client=context.client())
    answer: SignUpSent = {"email": email, "message": "Verification code sent to your email"}
    if issued.plaintext and context.shows_dev_secrets():
        answer["devCode"] = issued.plaintext.reveal()
    return answer


@blueprint.post("/agent/verify")
@Public("the mailed code is the credential")
@RouteDocs(
    body=SignUpVerification,
    example={"email": "founder@example.com", "otp_code": "123456"},
    errors=(OtpInvalid, OtpExpired, OtpMaxAttempts),
)
@limit_anonymous
def verify() -> SignedUp:
    """Get the key for the mailed code

    New people get an account, an organization and a key; others get the very key that they have.
    """
    body = read_json(SignUpVerification)
    done = agent_sign_up.verify(context.runtime(), email=body.email, code=body.otp_code)
    return {"email": done.email, "api_key": done.api_key.reveal(), "is_new_user": done.is_new_user}
