"""Door A for programs: ask for a sign-in link, sign out."""

from typing import Annotated, NotRequired

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from typing_extensions import TypedDict
from werkzeug.wrappers import Response as AnyResponse

from app.domain.errors import RateLimited
from app.domain.rfc3339 import rfc3339
from app.http import context, cookies
from app.http.anonymous_limit import limit_anonymous
from app.http.api_fields import Email, Time, field
from app.http.body import Body, read_json
from app.http.guards import Public
from app.http.route_docs import RouteDocs
from app.http.sign_in_link_request import ask_for_link
from app.services import sessions

blueprint = Blueprint("api_sign_in", __name__)


class LinkRequest(Body):
    email: Email


class LinkSent(TypedDict):
    message: Annotated[str, field("For people.", "If this address may sign in, a link is on its way to it.")]
    expires_at: Time
    devLink: NotRequired[
        Annotated[
            str,
            field(
                "The link itself; in dev mode only, where no mail is sent.",
                "http://localhost:7860/v1/auth/callback?token=…",
            ),
        ]
    ]


@blueprint.post("/auth/request")
@Public("this is how one gets in")
@RouteDocs(LinkSent, body=LinkRequest, example={"email": "you@example.com"}, errors=(RateLimited,))
@limit_anonymous
def request_link() -> Response:
    """Ask for a sign-in link

    Mails it to the address. The answer is the same for every address.
    """
    asked = ask_for_link(read_json(LinkRequest).email)
    answer: LinkSent = {
        "message": "If this address may sign in, a link is on its way to it.",
        "expires_at": rfc3339(asked.link.expires_at),
    }
    if asked.dev_link:
        answer["devLink"] = asked.dev_link
    response = jsonify(answer)
    asked.mark(response)
    return response


@blueprint.post("/auth/sign-out")
@Public("it ends the session of its own cookie and nothing else")
@RouteDocs(empty={204: "Nobody is signed in any more.", 303: "The same, for a form: on to the sign-in page."})
def sign_out() -> AnyResponse:
    """Sign out

    Ends the session of the cookie, on the server.
    """
    sessions.sign_out(context.runtime(), request.cookies.get(cookies.SESSION))
    is_form = request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}
    response = redirect(url_for("sign_in.ask"), 303) if is_form else Response(status=204, mimetype="application/json")
    cookies.clear_session(response, context.runtime().settings)
    return response
