"""Which credential a request presents. The same answer for our own routes and for the ones we guard."""

from collections.abc import Callable

from app.domain.errors import AmbiguousCredentials

_SCHEMES = ("bearer ", "token ")


def presented_key(header: Callable[[str], str | None], websocket_token: str | None = None) -> str | None:
    """The API key (or session token) that a request carries, or None.

    `header` looks a header up by name; `websocket_token` is `?token=` of a WebSocket handshake, the only place where a
    query is a credential, because browsers cannot set headers there. Raises `AmbiguousCredentials` when two differ.
    """
    found = {
        value
        for value in (
            header("x-api-key"),
            _from_authorization(header("authorization") or ""),
            websocket_token,
        )
        if value
    }
    if len(found) > 1:
        raise AmbiguousCredentials
    return found.pop() if found else None


def is_websocket_handshake(method: str, header: Callable[[str], str | None]) -> bool:
    """RFC 6455 4.1: a GET with `Upgrade: websocket`, or with the key that comes with it."""
    return method == "GET" and (
        (header("upgrade") or "").lower() == "websocket" or header("sec-websocket-key") is not None
    )


def _from_authorization(value: str) -> str | None:
    for scheme in _SCHEMES:
        if value[: len(scheme)].lower() == scheme:
            return value[len(scheme) :].strip()
    return None
