"""Refuses query parameters that a JSON route does not have: a misspelled filter must not answer with everything."""

from flask import Flask, Request

from app.domain.credentials import is_websocket_handshake
from app.domain.errors import ValidationFailed
from app.http.route_docs import RouteDocs


def check(app: Flask, request: Request) -> None:
    """Raises `ValidationFailed` naming every unknown parameter. Pages ignore them, because mail trackers add their own
    to links."""
    environ = request.environ
    if request.url_rule is None or request.method == "OPTIONS":
        return
    docs: RouteDocs | None = getattr(app.view_functions[request.url_rule.endpoint], "route_docs", None)
    if docs is None or not docs.refuses_unknown_parameters:
        return
    known = docs.parameters
    unknown = request.args.keys() - known
    if is_websocket_handshake(
        environ["REQUEST_METHOD"], environ.get("HTTP_UPGRADE"), environ.get("HTTP_SEC_WEBSOCKET_KEY")
    ):
        # There it is the credential, which the guard has read.
        unknown -= {"token"}
    if unknown:
        sentence = f"is not a parameter of this request. Its parameters: {', '.join(known) or 'none'}"
        raise ValidationFailed(dict.fromkeys(sorted(unknown), sentence))
