"""The list of an organization's keys, what in it needs attention, and whose key a text is."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.domain import imported_keys, key_format
from app.domain.paging import Page
from app.services.organizations import Member
from app.services.runtime import Runtime
from app.store import key_list, keys
from app.store.key_list import CONDITIONS, COUNTED_TO, SORTS, KeyFilter, KeyPage
from app.store.keys import ListedKey

__all__ = ["CONDITIONS", "COUNTED_TO", "SORTS", "KeyFilter", "KeyPage", "PastedKey"]

_QUOTES = "\"'`“”‘’,;"


class PastedKey(NamedTuple):
    """A whole key that somebody pasted. `key_id` None: it is none of this organization's."""

    key_id: str | None


def page(runtime: Runtime, member: Member, wanted: KeyFilter, *, sort: str, limit: int, cursor: str | None) -> KeyPage:
    """Raises `ValidationFailed` for an invalid cursor."""
    return key_list.page(member.org_id, wanted, sort, runtime.clock(), limit=limit, cursor=cursor)


def newest(
    runtime: Runtime, member: Member, conditions: Sequence[str], *, limit: int, cursor: str | None
) -> Page[ListedKey]:
    """The keys that meet all of these conditions, newest first. Raises `ValidationFailed` for an invalid cursor."""
    return key_list.newest(member.org_id, conditions, runtime.clock(), limit=limit, cursor=cursor)


def count(runtime: Runtime, member: Member, wanted: KeyFilter) -> int:
    """How many keys there are; `COUNTED_TO + 1` if there are more than that."""
    return key_list.count(member.org_id, wanted, runtime.clock())


def every(runtime: Runtime, member: Member, wanted: KeyFilter) -> Iterator[ListedKey]:
    """All of them, newest first, read while they are consumed."""
    return key_list.every(member.org_id, wanted, runtime.clock())


def attention(runtime: Runtime, member: Member) -> dict[str, int]:
    """How many keys need attention, by the condition that they meet."""
    return runtime.key_attention.numbers(member.org_id, runtime.clock())


def creators(member: Member) -> Sequence[tuple[str, str]]:
    """ID and email address of the members, by address."""
    return key_list.creators(member.org_id)


def pasted_key(member: Member, text: str) -> PastedKey | None:
    """The key in `text`, alone or in a line such as a header. None: there is no whole key in it."""
    words = [word.strip(_QUOTES) for word in re.split(r"[\s=]+", text) if word]
    for word in words:
        if key_format.is_well_formed(word):
            return PastedKey(keys.id_by_digest(member.org_id, key_format.digest(word)))
    # Imported keys can look like anything.
    for word in words:
        if found := keys.id_by_digest(member.org_id, *imported_keys.digests(word)):
            return PastedKey(found)
    return None
