"""The sign-in pages: request a link by email, follow it, confirm it in another browser."""

from typing import Annotated

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from app.domain import email_address
from app.domain.errors import LinkForged, LinkSpent, RateLimited, ValidationFailed
from app.domain.secret import Secret
from app.http import cookies, request_context, security_events
from app.http.anonymous_limit import limit_anonymous
from app.http.field_types import field
from app.http.guards import Public
from app.http.problem_details import status_of
from app.http.request_body import Form, read_form
from app.http.safe_next import safe_next
from app.http.sign_in_link_request import AskedLink, ask_for_link
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
    return sent(asked, email_address.normalise(email))


@blueprint.get("/v1/auth/callback")
@Public("the signed link is the credential")
def follow() -> AnyResponse:
    """Signs in the browser that requested the link. Any other browser gets a page with a button, so that mail scanners
    do not use up the link."""
    token = request.args.get("token", "")
    try:
        pending = sign_in.peek(request_context.runtime(), token)
        if _asked_here(pending.browser) and not _only_looking():
            return _signed_in(token, pending.email, 302)
    except (LinkForged, LinkSpent) as error:
        return _refused(error, token)
    return make_response(
        render_template("sign_in/confirm.html", token=Secret(token), masked_email=email_address.masked(pending.email))
    )


@blueprint.post("/v1/auth/callback")
@Public("the signed link is the credential")
@limit_anonymous
def confirm() -> AnyResponse:
    """The button on the page that the link shows."""
    token = read_form(Confirmation).token or request.args.get("token", "")
    try:
        return _signed_in(token, sign_in.peek(request_context.runtime(), token).email, 303)
    except (LinkForged, LinkSpent) as error:
        return _refused(error, token)


@blueprint.post("/sign-in/again")
@Public("the signed link is the credential")
@limit_anonymous
def again() -> AnyResponse:
    """Sends a new link in the place of one that was used or has expired. Whoever holds the old link does not learn the
    address from it."""
    token = request.form.get("token", "")
    try:
        spent = sign_in.spent(request_context.runtime(), token)
    except LinkForged as error:
        return _refused(error, token)
    if spent is None:
        return redirect(url_for("sign_in.ask"), 303)
    try:
        asked = ask_for_link(spent.email, safe_next(spent.next_path))
    except RateLimited as error:
        page = render_template("sign_in/ask.html", next=safe_next(spent.next_path), email="", problem=error.detail)
        return refused_form.answer(page, error)
    return sent(asked, email_address.masked(spent.email))


def sent(asked: AskedLink, shown_address: str) -> Response:
    """The page that says that a link was mailed."""
    response = make_response(
        render_template(
            "sign_in/sent.html",
            email=shown_address,
            minutes=request_context.runtime().settings.link_lifetime // 60,
            dev_link=asked.dev_link,
        )
    )
    asked.mark(response)
    return response


def _signed_in(token: str, email: str, status: int) -> AnyResponse:
    runtime = request_context.runtime()
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


def _refused(error: LinkForged | LinkSpent, token: str) -> Response:
    security_events.refused(error)
    is_spent = isinstance(error, LinkSpent)
    spent = sign_in.spent(request_context.runtime(), token) if is_spent else None
    page = render_template(
        "sign_in/refused.html",
        is_spent=is_spent,
        token=Secret(token),
        masked_email=email_address.masked(spent.email) if spent else None,
    )
    return make_response(page, status_of(error))


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
