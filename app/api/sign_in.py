"""Door A for programs: ask for a sign-in link, sign out."""

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.domain.times import rfc3339
from app.http import context, cookies
from app.http.body import Body, read_json
from app.http.fence import fence
from app.http.guards import Public
from app.http.sign_in_link import ask_for_link
from app.services import sessions

blueprint = Blueprint("api_sign_in", __name__)


class LinkRequest(Body):
    email: str


@blueprint.post("/auth/request")
@Public("this is how one gets in")
@fence
def request_link() -> Response:
    """Mails a sign-in link. The same answer for every address."""
    asked = ask_for_link(read_json(LinkRequest).email)
    answer: dict[str, Any] = {
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
def sign_out() -> AnyResponse:
    """Ends the session on the server. 204; a form is led back to the sign-in page."""
    sessions.sign_out(context.desk(), request.cookies.get(cookies.SESSION))
    is_form = request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}
    response = redirect(url_for("sign_in.ask"), 303) if is_form else Response(status=204, mimetype="application/json")
    cookies.clear_session(response, context.desk().settings)
    return response
