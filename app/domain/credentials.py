"""Which credential a request presents. The same answer for our own routes and for the ones we guard."""

from collections.abc import Callable, Iterable

from app.domain.errors import AmbiguousCredentials

_SCHEMES = ("bearer ", "token ")


def presented_key(header: Callable[[str], str | None], websocket_tokens: Iterable[str] = ()) -> str | None:
    """The API key (or session token) that a request carries, or None.

    `header` looks a header up by name; one that was sent twice comes joined by a comma, which no key holds.
    `websocket_tokens` are the `?token=` of a WebSocket handshake, the only place where a query is a credential, because
    browsers cannot set headers there. Raises `AmbiguousCredentials` when two differ.
    """
    authorizations = map(_from_authorization, (header("authorization") or "").split(","))
    candidates = (*(header("x-api-key") or "").split(","), *authorizations, *websocket_tokens)
    found = {value.strip() for value in candidates if value and value.strip()}
    if len(found) > 1:
        raise AmbiguousCredentials
    return found.pop() if found else None


def is_websocket_handshake(method: str, header: Callable[[str], str | None]) -> bool:
    """RFC 6455 4.1: a GET with `Upgrade: websocket`, or with the key that comes with it."""
    return method == "GET" and (
        (header("upgrade") or "").lower() == "websocket" or header("sec-websocket-key") is not None
    )


def _from_authorization(value: str) -> str | None:
    value = value.strip()
    for scheme in _SCHEMES:
        if value[: len(scheme)].lower() == scheme:
            return value[len(scheme) :].strip()
    return None
