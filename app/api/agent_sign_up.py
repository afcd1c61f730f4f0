"""Door C: an agent signs its person up, or gets their key back."""

from flask import Blueprint

from app.http import context
from app.http.body import Body, read_json
from app.http.fence import fence
from app.http.guards import Public
from app.services import agent_sign_up

blueprint = Blueprint("api_agent_sign_up", __name__)


class SignUp(Body):
    email: str


class SignUpVerification(Body):
    email: str
    otp_code: str


@blueprint.post("/agent/sign-up")
@Public("this is how an agent gets in")
@fence
def sign_up() -> dict[str, str]:
    """Mails a six-digit code. The same answer for every address."""
    email = read_json(SignUp).email
    issued = agent_sign_up.request(context.desk(), email=email, client=context.client())
    answer = {"email": email, "message": "Verification code sent to your email"}
    if issued.plaintext and context.shows_dev_secrets():
        answer["devCode"] = issued.plaintext
    return answer


@blueprint.post("/agent/verify")
@Public("the mailed code is the credential")
@fence
def verify() -> dict[str, str | bool]:
    """The person's key for the right code: new people get an account, others the very key that they have."""
    body = read_json(SignUpVerification)
    done = agent_sign_up.verify(context.desk(), email=body.email, code=body.otp_code)
    return {"email": done.email, "api_key": done.api_key, "is_new_user": done.is_new_user}
