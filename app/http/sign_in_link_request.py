"""Requests a sign-in link. Shared by the sign-in page and the JSON route."""

from dataclasses import dataclass

from flask import request
from werkzeug.wrappers import Response

from app.domain import email_address
from app.domain.secret import Secret
from app.http import cookies, request_context
from app.mail import show_dev_link, sign_in_url
from app.services import sign_in
from app.services.sign_in import RequestedLink


@dataclass(frozen=True)
class AskedLink:
    link: RequestedLink
    #: None outside dev mode, for a client on another machine, and for an address that `SIGN_UP` refuses.
    dev_link: Secret | None
    _mark: str

    def mark(self, response: Response) -> None:
        """Sets the cookie by which the browser is recognized when it follows the link."""
        cookies.set_login_mark(response, self._mark, request_context.runtime().settings)


def ask_for_link(email: str, next_path: str | None = None) -> AskedLink:
    """Raises `ValidationFailed` and `RateLimited`."""
    # An existing mark is kept, so that an earlier link still finds its browser.
    mark = cookies.login_mark(request, request_context.runtime().settings) or cookies.new_login_mark()
    is_developer = request_context.shows_dev_secrets()
    address = email_address.normalise(email)
    link = sign_in.request_link(
        request_context.runtime(),
        email=address,
        client=request_context.client(),
        browser=cookies.mark_digest(mark),
        next_path=next_path,
        asker=request_context.asker(),
        for_developer=is_developer,
        known_browser=cookies.is_known_browser(request, address, request_context.runtime().settings),
    )
    dev_link = None
    if link.token and is_developer:
        dev_link = Secret(sign_in_url(link.token, request_context.runtime().settings))
        show_dev_link(dev_link.reveal())
    return AskedLink(link, dev_link, mark)
