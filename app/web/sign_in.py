"""The sign-in pages: request a link by email, follow it, confirm it in another browser."""

from typing import Annotated

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from app.domain import email_address
from app.domain.errors import LinkForged, LinkSpent, RateLimited, ValidationFailed
from app.domain.secret import Secret
from app.http import cookies, request_context
from app.http.anonymous_limit import limit_anonymous
from app.http.field_types import field
from app.http.guards import Public
from app.http.problem_details import status_of
from app.http.request_body import Form, read_form
from app.http.safe_next import safe_next
from app.http.sign_in_link_request import ask_for_link
from app.services import sign_in
from app.web import refused_form

blueprint = Blueprint("sign_in", __name__)


class Confirmation(Form):
    token: Annotated[str | None, field("The token from the emailed link.")] = None


@blueprint.get("/sign-in")
@Public("the sign-in page")
def ask() -> AnyResponse | str:
    if current_user.is_authenticated:
        return redirect(url_for("home.index"))
    return render_template("sign_in/ask.html", next=safe_next(request.args.get("next")), email="", problem=None)


@blueprint.post("/sign-in")
@Public("the sign-in page")
@limit_anonymous
def send() -> AnyResponse:
    """Emails a link. The page is the same for every address."""
    email, next_path = request.form.get("email", ""), safe_next(request.form.get("next"))
    try:
        asked = ask_for_link(email, next_path)
    except (ValidationFailed, RateLimited) as error:
        problem = error.details["fields"]["email"] if isinstance(error, ValidationFailed) else error.detail
        page = render_template("sign_in/ask.html", next=next_path, email=email, problem=problem)
        return refused_form.answer(page, error)
    response = make_response(
        render_template(
            "sign_in/sent.html",
            email=email_address.normalise(email),
            minutes=request_context.runtime().settings.link_lifetime // 60,
            dev_link=asked.dev_link,
        )
    )
    asked.mark(response)
    return response


@blueprint.get("/v1/auth/callback")
@Public("the signed link is the credential")
def follow() -> AnyResponse:
    """Signs in the browser that requested the link. Any other browser gets a page with a button, so that mail scanners
    do not use up the link."""
    token = request.args.get("token", "")
    try:
        pending = sign_in.peek(request_context.runtime(), token)
        if _asked_here(pending.browser) and not _only_looking():
            return _signed_in(token, 302)
    except (LinkForged, LinkSpent) as error:
        return _refused(error)
    return make_response(
        render_template("sign_in/confirm.html", token=Secret(token), masked_email=email_address.masked(pending.email))
    )


@blueprint.post("/v1/auth/callback")
@Public("the signed link is the credential")
@limit_anonymous
def confirm() -> AnyResponse:
    """The button on the page that the link shows."""
    try:
        return _signed_in(read_form(Confirmation).token or request.args.get("token", ""), 303)
    except (LinkForged, LinkSpent) as error:
        return _refused(error)


def _signed_in(token: str, status: int) -> AnyResponse:
    runtime = request_context.runtime()
    email = sign_in.peek(runtime, token).email
    signed_in = sign_in.redeem(
        runtime,
        token,
        address=request.remote_addr or "",
        user_agent=request_context.user_agent(),
        replaces=request.cookies.get(cookies.SESSION),
        known_browser=cookies.is_known_browser(request, email, runtime.settings),
    )
    response = redirect(safe_next(signed_in.next_path) or url_for("home.index"), status)
    cookies.set_session(response, signed_in.session_token, runtime.settings)
    cookies.set_known_browser(response, request, signed_in.email, runtime.settings)
    return response


def _refused(error: LinkForged | LinkSpent) -> Response:
    return make_response(render_template("sign_in/refused.html", spent=isinstance(error, LinkSpent)), status_of(error))


def _asked_here(browser: str | None) -> bool:
    settings = request_context.runtime().settings
    if settings.dev_mode:
        return True
    mark = cookies.login_mark(request, settings)
    return mark is not None and cookies.mark_digest(mark) == browser


def _only_looking() -> bool:
    """Whether this is a HEAD request, or a browser that prefetches the link."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    return request.method == "HEAD" or any(
        word in purpose.lower() for purpose in purposes for word in ("prefetch", "prerender", "preview")
    )
