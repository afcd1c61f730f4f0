"""Headers that arrive empty because the server could not read them.

Granian gives a header with a byte that is not ASCII as an empty one. It cannot be told from one that was sent empty,
which some proxies do, so an empty header decides nothing; but whoever misses what was in it is told why.
"""

from collections.abc import Mapping
from typing import Any

COOKIE_PROBLEM = (
    "The browser's Cookie header cannot be read: another program on this host has set a cookie with a character that is"
    " not ASCII, such as é. Delete the cookies of this host, or use a private window, then sign in again."
)
_CREDENTIALS = {
    "HTTP_X_API_KEY": "x-api-key",
    "HTTP_AUTHORIZATION": "Authorization",
    "HTTP_X_INSTALL_ID": "x-install-id",
}


def has_unreadable_cookies(environ: Mapping[str, Any]) -> bool:
    return environ.get("HTTP_COOKIE") == ""


def credential_problem(environ: Mapping[str, Any]) -> str | None:
    """Why a request without a readable credential has none, if one of its headers arrived empty."""
    empty = [name for header, name in _CREDENTIALS.items() if environ.get(header) == ""]
    # A proxy that sends headers empty sends all of them.
    if not empty or len(empty) == len(_CREDENTIALS):
        return None
    return (
        f"The header {empty[0]} arrived empty: it was sent so, or has a character that is not ASCII, such as an"
        " invisible one that was copied with the key. Copy the key again, without anything around it."
    )
