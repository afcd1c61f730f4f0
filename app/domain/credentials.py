"""Which credential a request presents: one rule for Keydesk's own routes and for the routes behind forward-auth."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.errors import AmbiguousCredentials

_SCHEMES = ("bearer ", "token ")


def presented(environ: Mapping[str, Any], websocket_tokens: Iterable[str] = ()) -> tuple[str | None, str | None]:
    """The API key (or session token) and the install ID of a request; at least one of them is None.

    `environ` is WSGI's. An empty header counts as absent, because proxies send headers empty that the client did not
    send. A header that was sent twice arrives joined by a comma, which no key contains. `websocket_tokens` are the
    `?token=` of a WebSocket handshake: browsers cannot set its headers, so it is the only request with a credential in
    its query. Raises `AmbiguousCredentials` if the request has two different credentials.
    """
    get = environ.get
    x_api_key, authorization, install_id = get("HTTP_X_API_KEY"), get("HTTP_AUTHORIZATION"), get("HTTP_X_INSTALL_ID")
    if websocket_tokens:
        key = _only_one(x_api_key, authorization, websocket_tokens)
    # Fast path: one header, sent once.
    elif authorization is None and x_api_key is not None and "," not in x_api_key:
        key = x_api_key.strip() or None
    elif x_api_key is None and authorization is not None and "," not in authorization:
        key = _from_authorization(authorization)
    else:
        key = _only_one(x_api_key, authorization, ())
    if not install_id:
        return key, None
    if key is not None:
        raise AmbiguousCredentials
    return None, install_id


def _only_one(x_api_key: str | None, authorization: str | None, websocket_tokens: Iterable[str]) -> str | None:
    candidates = (
        *(x_api_key or "").split(","),
        *map(_from_authorization, (authorization or "").split(",")),
        *websocket_tokens,
    )
    found = {value.strip() for value in candidates if value and value.strip()}
    if len(found) > 1:
        raise AmbiguousCredentials
    return found.pop() if found else None


def is_websocket_handshake(method: str, upgrade: str | None, websocket_key: str | None) -> bool:
    """RFC 6455 4.1: a GET with `Upgrade: websocket` and `Sec-WebSocket-Key`; with one alone nothing is upgraded. Empty
    headers count as absent, because proxies send headers empty that the client did not send."""
    return bool(upgrade and websocket_key) and method == "GET" and (upgrade or "").lower() == "websocket"


def _from_authorization(value: str) -> str | None:
    value = value.strip()
    for scheme in _SCHEMES:
        if value[: len(scheme)].lower() == scheme:
            return value[len(scheme) :].strip() or None
    return None
