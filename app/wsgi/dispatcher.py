"""The entrance for every request: maps `/api/v1` to `/v1`, finds the client's address, and takes forward-auth past
Flask."""

import logging
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from app.config import Settings
from app.domain.client_address import believed
from app.domain.forward_auth import PATH
from app.wsgi.forward_auth import ForwardAuth

log = logging.getLogger("keydesk")

_LENGTH = len(PATH)


class Dispatcher:
    """Forward-auth goes to `forward_auth`, everything else to `app`."""

    def __init__(self, app: WSGIApplication, forward_auth: ForwardAuth, settings: Settings) -> None:
        self._app, self._answer, self._hops = app, forward_auth.answer, settings.trusted_hops
        self._looks_for_proxies = not self._hops
        self._refuse = forward_auth.refuse

    def refuse_all(self) -> None:
        """From now on, forward-auth answers 503: the database is lost, until a restart."""
        self._answer = self._refuse

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._looks_for_proxies and "HTTP_X_FORWARDED_FOR" in environ:
            self._warn_of_proxy()
        path: str = environ["PATH_INFO"]
        if path == PATH:
            return self._answer(environ, start_response, "")
        if path.startswith("/api/v1") and path[7:8] in {"", "/"}:
            environ["PATH_INFO"] = path = path[4:]
        if path.startswith(PATH) and path[_LENGTH : _LENGTH + 1] in {"", "/"}:
            return self._answer(environ, start_response, path[_LENGTH:])
        peer = environ.get("REMOTE_ADDR")
        environ["keydesk.peer"] = peer or ""
        environ["REMOTE_ADDR"] = believed(peer, environ.get("HTTP_X_FORWARDED_FOR"), self._hops)
        return self._app(environ, start_response)

    def _warn_of_proxy(self) -> None:
        """Once, in each process: whoever forges the header must not fill the log."""
        self._looks_for_proxies = False
        log.warning(
            "A request came with X-Forwarded-For, but TRUSTED_HOPS is 0: everybody behind a proxy counts as one client,"
            " with the proxy's address. Set TRUSTED_HOPS to the number of your proxies.",
            extra={"event": "setting.doubtful", "setting": "TRUSTED_HOPS"},
        )
