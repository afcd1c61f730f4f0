"""`/v1/auth/request` and `/v1/auth/sign-out`: request a sign-in link, end the session."""

from typing import Annotated, NotRequired

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from typing_extensions import TypedDict
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from app.domain.errors import RateLimited
from app.domain.non_ascii_headers import COOKIE_PROBLEM, has_unreadable_cookies
from app.domain.rfc3339 import rfc3339
from app.http import cookies, request_context
from app.http.anonymous_limit import limit_anonymous
from app.http.field_types import Email, Time, field
from app.http.guards import Public
from app.http.request_body import Body, read_json
from app.http.route_docs import RouteDocs
from app.http.sign_in_link_request import ask_for_link
from app.services import sessions

blueprint = Blueprint("api_sign_in", __name__)


class LinkRequest(Body):
    email: Email


class LinkSent(TypedDict):
    message: Annotated[str, field("A message for people.", "If this address can sign in, we have sent a link to it.")]
    expires_at: Time
    devLink: NotRequired[
        Annotated[
            str,
            field(
                "The link. Only in dev mode, where no email is sent.",
                "http://localhost:7860/v1/auth/callback?token=…",
            ),
        ]
    ]


@blueprint.post("/auth/request")
@Public("nobody is signed in yet")
@RouteDocs(LinkSent, body=LinkRequest, example={"email": "you@example.com"}, errors=(RateLimited,))
@limit_anonymous
def request_link() -> Response:
    """Request a sign-in link

    Emails the link to the address. The response is the same for every address.
    """
    asked = ask_for_link(read_json(LinkRequest).email)
    answer: LinkSent = {
        "message": "If this address can sign in, we have sent a link to it.",
        "expires_at": rfc3339(asked.link.expires_at),
    }
    if asked.dev_link:
        answer["devLink"] = asked.dev_link.reveal()
    response = jsonify(answer)
    asked.mark(response)
    return response


@blueprint.post("/auth/sign-out")
@Public("it only ends the session of the cookie it carries")
@RouteDocs(empty={204: "Signed out.", 303: "Signed out by a form. Redirects to the sign-in page."})
def sign_out() -> AnyResponse:
    """Sign out

    Ends the session on the server and deletes the cookie.
    """
    if has_unreadable_cookies(request.environ):
        # The session would live on.
        raise BadRequest(COOKIE_PROBLEM)
    sessions.sign_out(request_context.runtime(), request.cookies.get(cookies.SESSION))
    is_form = request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}
    response = redirect(url_for("sign_in.ask"), 303) if is_form else Response(status=204, mimetype="application/json")
    cookies.clear_session(response, request_context.runtime().settings)
    return response
