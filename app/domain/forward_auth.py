"""Forward-auth: which request a proxy asks about."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote

from app.domain.errors import Forbidden

PATH = "/v1/forward-auth"
#: Longer ones are refused unread, so that the caches of paths stay small.
MAX_PATH_LENGTH, MAX_METHOD_LENGTH = 2048, 32

#: What a path can hold that programs read in different ways, and what each is called. `%(?:25)*` is a percent sign,
#: encoded any number of times: what is left after one program has decoded it, the next may decode again.
_READ_IN_TWO_WAYS = [
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"//", "an empty segment (//)"),
        (r"/(?:\.|%(?:25)*2e){1,2}(?:/|$)", "a dot segment (. or ..)"),
        (r"\\|%(?:25)*5c", "a backslash, raw or encoded"),
        (r";|%(?:25)*3b", "a semicolon, raw or encoded"),
        (r"%(?:25)*2f", "an encoded slash (%2F)"),
        (
            r"[\uff0f\uff3c]|%(?:25)*ef%(?:25)*bc%(?:25)*(?:8f|bc)",
            "a full-width slash or backslash, which Unicode folding turns into a real one",
        ),
        (r"%(?:25)*c[01]", "an overlong encoding (%C0, %C1)"),
        (r"[\x00-\x1f\x7f]|%(?:25)*(?:[01][0-9a-f]|7f)", "a control character"),
    )
]
_NOT_ENCODED = re.compile(r"[ #]")
_HALF_ENCODED = re.compile(r"%(?![0-9a-fA-F]{2})")
_ASCII = "".join(map(chr, range(128)))
_QUERY = re.compile(r"[\x21-\x7e]*", re.ASCII)


class Asked(NamedTuple):
    """The request that a proxy asks about: its path percent-decoded once, its query as it was sent."""

    method: str
    path: str
    query: str


class NotCanonical(Forbidden):
    error_code = "PATH_NOT_CANONICAL"
    message = "This URL can be read in more than one way. Send it without what can."

    def __init__(self, seen: str) -> None:
        """`seen`: what the URL holds that it must not."""
        super().__init__(f"This URL has {seen}, which programs do not all read in the same way. Send it without.")


class NotListed(Forbidden):
    error_code = "ROUTE_NOT_LISTED"
    message = "The route table has no entry for this method and path. Ask your operator to add one."


class NothingAsked(Forbidden):
    error_code = "NOTHING_ASKED"
    message = (
        "The proxy does not say which request it asks about, or its headers contradict each other."
        " Check its configuration."
    )


def by_uri(method: str | None, uri: str | None) -> Asked:
    """The request that a pair of headers names. Raises `NotCanonical`, and `NothingAsked` if one of them is missing or
    the method is too long."""
    if not method or uri is None or len(method) > MAX_METHOD_LENGTH:
        raise NothingAsked
    if not uri:
        # Granian gives a header with a byte that is not ASCII as an empty one.
        raise NotCanonical("a character that is not ASCII and not percent-encoded")
    path, question_mark, query = uri.partition("?")
    # Queries differ each time and may contain a credential, so they are not cached.
    if not question_mark:
        return _by_path_alone(method, path)
    if not _QUERY.fullmatch(query):
        query = _encoded(query)
    if not _QUERY.fullmatch(query):
        raise NotCanonical("a space or a control character in its query")
    return Asked(method, _by_path_alone(method, path).path, query)


@lru_cache(maxsize=4096)
def _by_path_alone(method: str, path: str) -> Asked:
    path = _encoded(path)
    _check(path)
    if found := _NOT_ENCODED.search(path):
        raise NotCanonical(f"the character {found[0]!r}, not percent-encoded")
    if _HALF_ENCODED.search(path):
        raise NotCanonical("a percent sign that two hexadecimal digits do not follow")
    return Asked(method, unquote(path), "")


def by_path(method: str, decoded: str, query: str) -> Asked:
    """The request that the path form names; only the decoded path can be checked. Raises `NotCanonical`, and
    `NothingAsked` if the method is too long."""
    if len(method) > MAX_METHOD_LENGTH:
        raise NothingAsked
    asked = _by_decoded_path_alone(method, decoded)
    return asked._replace(query=query) if query else asked


@lru_cache(maxsize=4096)
def _by_decoded_path_alone(method: str, decoded: str) -> Asked:
    _check(decoded)
    return Asked(method, decoded, "")


def _check(path: str) -> None:
    """Raises `NotCanonical` for a path, raw or decoded, that can be read in two ways."""
    if len(path) > MAX_PATH_LENGTH:
        raise NotCanonical(f"a path of more than {MAX_PATH_LENGTH} characters")
    if not path.startswith("/"):
        raise NotCanonical("a path that does not start with a slash")
    for pattern, seen in _READ_IN_TWO_WAYS:
        if pattern.search(path):
            raise NotCanonical(seen)


def _encoded(text: str) -> str:
    """With raw bytes, which WSGI gives as Latin-1, percent-encoded: the same URL, as a careful client sends it."""
    return text if text.isascii() else quote(text.encode("latin-1", "replace"), safe=_ASCII)


def agreed(one: Asked | None, other: Asked) -> Asked:
    """`other`, if `one` is None or names the same request. Raises `NothingAsked` if they differ."""
    if one is not None and (one.method != other.method or one.query != other.query or one.path != other.path):
        raise NothingAsked
    return other
