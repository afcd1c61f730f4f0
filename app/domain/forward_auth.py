"""Forward-auth: which request a proxy asks about, and the headers that tell its upstream whose key it was."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote

from app.domain.errors import Forbidden
from app.domain.key_verification import KeyRecord

PATH = "/v1/forward-auth"
#: Longer ones are refused unread, so that the caches of paths stay small.
MAX_PATH_LENGTH, MAX_METHOD_LENGTH = 2048, 32

#: A raw path that the route table and every upstream read in the same way: the path characters of RFC 3986 without `;`,
#: and percent-encoding only where it is needed. Encoded letters, digits, `-._~`, slashes, backslashes, control
#: characters and percent signs are refused: an upstream may read them as another path than the route table does.
_CANONICAL = re.compile(
    r"(?:/(?!\.{1,2}(?:/|$))(?:[A-Za-z0-9\-._~!$&'()*+,=:@]"
    r"|%(?!2[05eEfFdD]|3[0-9bB]|4[1-9a-fA-F]|5[0-9aAcCfF]|6[1-9a-fA-F]|7[0-9aAeEfF]|[01][0-9a-fA-F])[0-9a-fA-F]{2}"
    r"|%20)*)+",
    re.ASCII,
)
#: What a path must not contain after it was decoded once.
_SUSPECT = re.compile(r"//|\\|\.\.|;|/\.(?:/|$)|%(?:2[eEfF5]|5[cC])|[\x00-\x1f\x7f]")
_QUERY = re.compile(r"[\x21-\x7e]*", re.ASCII)


class Asked(NamedTuple):
    """The request that a proxy asks about, raw as it was sent; only the `path` of the path form is decoded."""

    method: str
    path: str
    query: str


class NotCanonical(Forbidden):
    error_code = "PATH_NOT_CANONICAL"
    message = (
        "This URL is too long, or can be read in more than one way."
        " Send it without repeated or encoded slashes, dot segments, backslashes and semicolons."
    )


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
    if not method or not uri or len(method) > MAX_METHOD_LENGTH:
        raise NothingAsked
    path, question_mark, query = uri.partition("?")
    # Queries differ each time and may contain a credential, so they are not cached.
    if not question_mark:
        return _by_path_alone(method, path)
    if not _QUERY.fullmatch(query):
        raise NotCanonical
    return Asked(method, _by_path_alone(method, path).path, query)


@lru_cache(maxsize=4096)
def _by_path_alone(method: str, path: str) -> Asked:
    if len(path) > MAX_PATH_LENGTH or ".." in path or not _CANONICAL.fullmatch(path):
        raise NotCanonical
    return Asked(method, path, "")


def by_path(method: str, decoded: str, query: str) -> Asked:
    """The request that the path form names; only the decoded path can be checked. Raises `NotCanonical`, and
    `NothingAsked` if the method is too long."""
    if len(method) > MAX_METHOD_LENGTH:
        raise NothingAsked
    if not decoded.startswith("/") or len(decoded) > MAX_PATH_LENGTH or _SUSPECT.search(decoded):
        raise NotCanonical
    return Asked(method, decoded, query)


def agreed(one: Asked | None, other: Asked) -> Asked:
    """`other`, if `one` is None or names the same request. Raises `NothingAsked` if they differ."""
    if one is not None and (
        one.method != other.method or one.query != other.query or unquote(one.path) != unquote(other.path)
    ):
        raise NothingAsked
    return other


def identity_headers(record: KeyRecord | None) -> list[tuple[str, str]]:
    """The headers for the upstream. All of them are always set, to `-` without a value, so that none can be forged."""
    if record is None:
        return [(name, "-") for name in IDENTITY_HEADERS]
    return [
        ("X-Auth-Key-Id", record.key_id),
        ("X-Auth-Org-Id", record.org_id),
        ("X-Auth-Scopes", " ".join(record.scopes) or "-"),
        ("X-Auth-Name", _quoted(record.name)),
        ("X-Auth-Cache-Generation", str(record.cache_generation)),
    ]


@lru_cache(maxsize=4096)
def _quoted(name: str) -> str:
    return quote(name, safe="")


IDENTITY_HEADERS = ("X-Auth-Key-Id", "X-Auth-Org-Id", "X-Auth-Scopes", "X-Auth-Name", "X-Auth-Cache-Generation")
