"""Refuses query parameters that a JSON route does not have, or gets twice: a misspelled filter must not answer with
everything, and of two values neither is known to be the one that was meant."""

from typing import Any

from flask import Flask, Request

from app.domain.errors import ValidationFailed
from app.domain.presented_credentials import is_websocket_handshake
from app.http.route_docs import RouteDocs


def check(app: Flask, request: Request) -> None:
    """Raises `ValidationFailed` naming every parameter that is unknown or repeated. Pages ignore them, because mail
    trackers add their own to links."""
    environ = request.environ
    if request.url_rule is None or request.method == "OPTIONS":
        return
    view: Any = app.view_functions[request.url_rule.endpoint]
    docs: RouteDocs | None = getattr(view, "route_docs", None)
    if docs is None or not docs.refuses_unknown_parameters:
        return
    known = (*docs.parameters, *view.guard.query)
    sent = {name: len(values) for name, values in request.args.lists()}
    if is_websocket_handshake(
        environ["REQUEST_METHOD"], environ.get("HTTP_UPGRADE"), environ.get("HTTP_SEC_WEBSOCKET_KEY")
    ):
        # There it is the credential, which the guard has read.
        sent.pop("token", None)
    unknown = f"is not a parameter of this request. Its parameters: {', '.join(known) or 'none'}"
    problems = {name: unknown for name in sent if name not in known}
    problems |= {name: "was sent more than once" for name in known if sent.get(name, 0) > 1}
    if problems:
        raise ValidationFailed(problems)
