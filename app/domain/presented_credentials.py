"""Which credential a request presents: one rule for Keydesk's own routes and for the routes behind forward-auth."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.domain import non_ascii_headers
from app.domain.errors import AmbiguousCredentials, DomainError, InvalidKey, MissingCredential

_HEADERS = "Send the key as x-api-key: <key> or as Authorization: Bearer <key>."
#: A word before the key, as it was sent to us where the key alone belongs.
_WORD_BEFORE = re.compile(r"(bearer|token|api-?key)[\s:]", re.IGNORECASE | re.ASCII)
#: The name of a scheme; shorter than any key, because it is repeated to the client.
_SCHEME = re.compile(r"[A-Za-z-]{1,12}", re.ASCII)
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


def explained(error: DomainError, environ: Mapping[str, Any]) -> DomainError:
    """The error with what looks wrong in the credential that was sent, if it says that there is no such key or none at
    all. Otherwise the error as it is."""
    problem = None
    if type(error) is InvalidKey:
        problem = _problem_of_headers(environ)
    elif type(error) is MissingCredential:
        problem = non_ascii_headers.credential_problem(environ)
        problem = problem or _problem_of_scheme(environ.get("HTTP_AUTHORIZATION") or "")
    return type(error)(f"{error.detail} {problem}") if problem else error


def problem_of(key: str) -> str | None:
    """What looks wrong with a text that is no key, as the end of a sentence about it. None: nothing does."""
    bare = key.strip()
    if bare != key:
        return "has blanks or line breaks around it; send the key alone"
    if bare[:1] in _QUOTES or bare[-1:] in _QUOTES:
        return "is in quotation marks; send it without them"
    if found := _WORD_BEFORE.match(bare):
        return f"begins with the word {found[1]}; send the key alone"
    if not _is_visible_ascii(bare):
        return "has an invisible character, or one that is not ASCII; copy the key again, without anything around it"
    return None


def _is_visible_ascii(text: str) -> bool:
    """False too for what a server has decoded as Latin-1, as WSGI wants it: a character is several then."""
    return text.isascii() and text.isprintable()


_QUOTES = ("'", '"', "`", "\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}")


def _problem_of_headers(environ: Mapping[str, Any]) -> str | None:
    x_api_key, authorization = environ.get("HTTP_X_API_KEY") or "", environ.get("HTTP_AUTHORIZATION") or ""
    for header, key in (("x-api-key", x_api_key.strip()), ("Authorization", _from_authorization(authorization) or "")):
        if problem := problem_of(key):
            return f"The key in {header} {problem}."
    return None


def _problem_of_scheme(authorization: str) -> str | None:
    scheme, *rest = authorization.split(maxsplit=1)[:2] or [""]
    if not scheme:
        return None
    if not _is_visible_ascii(scheme):
        return f"The header Authorization has an invisible character, or one that is not ASCII. {_HEADERS}"
    known = f"{scheme.lower()} " in _SCHEMES
    if known and not rest:
        return f"The header Authorization has nothing after {scheme}. {_HEADERS}"
    if known:
        return f"In the header Authorization, put a space after {scheme}, not a tab. {_HEADERS}"
    if rest and _SCHEME.fullmatch(scheme):
        return f"The header Authorization has the scheme {scheme}, which is not accepted. {_HEADERS}"
    return f"The header Authorization has no scheme before the key. {_HEADERS}"
