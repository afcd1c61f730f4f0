"""Forward-auth: what a proxy asks about, and how it is told whose key it was (contract, Forward-auth)."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote

from app.domain.errors import Forbidden
from app.domain.key_verification import KeyRecord

PATH = "/v1/forward-auth"
#: Longer ones are refused unread, so that what is remembered of paths stays small.
MAX_PATH_LENGTH, MAX_METHOD_LENGTH = 2048, 32

#: A raw path whose every reader agrees on what it means: RFC 3986's characters without `;`, and percent-encoding only
#: of what needs it. Encoded letters, digits, `-._~`, slashes, backslashes, controls and percent signs are other
#: spellings of a path that the route table would see differently from the upstream.
_CANONICAL = re.compile(
    r"(?:/(?!\.{1,2}(?:/|$))(?:[A-Za-z0-9\-._~!$&'()*+,=:@]"
    r"|%(?!2[05eEfFdD]|3[0-9bB]|4[1-9a-fA-F]|5[0-9aAcCfF]|6[1-9a-fA-F]|7[0-9aAeEfF]|[01][0-9a-fA-F])[0-9a-fA-F]{2}"
    r"|%20)*)+",
    re.ASCII,
)
#: What a path that was decoded once may not hold.
_SUSPECT = re.compile(r"//|\\|\.\.|;|/\.(?:/|$)|%(?:2[eEfF5]|5[cC])|[\x00-\x1f\x7f]")
_QUERY = re.compile(r"[\x21-\x7e]*", re.ASCII)


class Asked(NamedTuple):
    """The request that a proxy holds until we answer. `path` and `query` are raw, or decoded in the path form."""

    method: str
    path: str
    query: str


class NotCanonical(Forbidden):
    error_code = "PATH_NOT_CANONICAL"
    message = "This address has several readings (encoded or doubled slashes, dots, backslashes, semicolons)."


class NotListed(Forbidden):
    error_code = "ROUTE_NOT_LISTED"
    message = "The route table does not list this method and address."


class NothingAsked(Forbidden):
    error_code = "NOTHING_ASKED"
    message = "The proxy does not say which request it asks about, or says it in two ways that differ."


def by_uri(method: str | None, uri: str | None) -> Asked:
    """What a pair of headers asks about. Raises `NothingAsked` for half a pair, and `NotCanonical`."""
    if not method or not uri or len(method) > MAX_METHOD_LENGTH:
        raise NothingAsked
    path, question_mark, query = uri.partition("?")
    # Queries differ each time, and may hold a credential: nothing is remembered of them.
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
    """What the path form asks about; only the decoded path can be judged. Raises `NotCanonical`."""
    if len(method) > MAX_METHOD_LENGTH:
        raise NothingAsked
    if not decoded.startswith("/") or len(decoded) > MAX_PATH_LENGTH or _SUSPECT.search(decoded):
        raise NotCanonical
    return Asked(method, decoded, query)


def agreed(one: Asked | None, other: Asked) -> Asked:
    """What two ways of asking both mean, where there are two. Raises `NothingAsked` when they differ."""
    if one is not None and (
        one.method != other.method or one.query != other.query or unquote(one.path) != unquote(other.path)
    ):
        raise NothingAsked
    return other


def identity_headers(record: KeyRecord | None) -> list[tuple[str, str]]:
    """What the upstream learns. Every header is always set, `-` where there is nothing, so that none can be forged."""
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
