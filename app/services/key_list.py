"""The list of an organization's keys, what in it needs attention, and whose key a text is."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from app.domain import email_address, imported_keys, key_format
from app.domain.errors import ValidationFailed
from app.services import key_policy
from app.services.organizations import Member
from app.services.runtime import Runtime
from app.store import key_list, keys
from app.store.key_conditions import CONDITIONS, ORGANIZATION, KeyFilter
from app.store.key_list import COUNTED_TO, ENDED_COUNTED_TO, SORTS, KeyPage
from app.store.keys import ListedKey

__all__ = [
    "CONDITIONS",
    "COUNTED_TO",
    "ENDED_COUNTED_TO",
    "ORGANIZATION",
    "OUTSIDE_POLICY",
    "SORTS",
    "KeyFilter",
    "KeyPage",
    "PastedKey",
]

#: A condition beside those of the store: the working keys that are outside of the organization's policy.
OUTSIDE_POLICY = "outside_policy"
_QUOTES = "\"'`“”‘’,;:()<>[]{}"
#: Longer texts are not searched for keys: nobody pastes them.
MAX_PASTED = 20_000
#: After its prefix, more characters of a key than lists show.
_SECRET_CHARACTERS = key_format.SHOWN_AFTER_PREFIX + 5


class PastedKey(NamedTuple):
    """What somebody pasted, which is a secret and belongs into no address. `key_id` None: it is no key of this
    organization. `is_whole` False: it is a part of a key, too long to be searched for."""

    key_id: str | None
    is_whole: bool = True


def page(runtime: Runtime, member: Member, wanted: KeyFilter, *, sort: str, limit: int, cursor: str | None) -> KeyPage:
    """Raises `ValidationFailed` for an invalid cursor."""
    wanted = _with_policy(runtime, member, wanted)
    return key_list.page(member.org_id, wanted, sort, runtime.clock(), limit=limit, cursor=cursor)


def count(runtime: Runtime, member: Member, wanted: KeyFilter) -> int:
    """How many keys there are; `COUNTED_TO + 1` if there are more than that."""
    return key_list.count(member.org_id, _with_policy(runtime, member, wanted), runtime.clock())


def count_ended(runtime: Runtime, member: Member, wanted: KeyFilter) -> int:
    """How many of them have expired or were revoked; `ENDED_COUNTED_TO + 1` if there are more than that."""
    return key_list.count_ended(member.org_id, _with_policy(runtime, member, wanted), runtime.clock())


def every(runtime: Runtime, member: Member, wanted: KeyFilter, *, sort: str) -> Iterator[ListedKey]:
    """All of them in the order of the list, read while they are consumed. `sort`: a name of `SORTS`."""
    return key_list.every(member.org_id, _with_policy(runtime, member, wanted), sort, runtime.clock())


def attention(runtime: Runtime, member: Member) -> dict[str, int]:
    """How many keys need attention, by the condition that they meet."""
    return runtime.keys_needing_attention.numbers(member.org_id, runtime.clock())


def creators(member: Member) -> Sequence[tuple[str, str]]:
    """ID and email address of everybody who created a key, members or not, by address."""
    return key_list.creators(member.org_id)


def owners(member: Member) -> Sequence[tuple[str, str]]:
    """ID and email address of everybody to whom a key belongs, members or not, by address."""
    return key_list.owners(member.org_id)


def owner_named(member: Member, named: str) -> str:
    """Whose keys are asked for, as `KeyFilter` knows it, by their ID or email address or as `ORGANIZATION`. Raises
    `ValidationFailed` naming `owner` for everybody who is no member and has no keys here, whether they exist or not."""
    if named == ORGANIZATION:
        return ORGANIZATION
    if found := key_list.owner_named(member.org_id, _address_or_id(named)):
        return found
    way_out = f"send the ID or the email address of a person, or {ORGANIZATION} for keys that belong to no person"
    raise ValidationFailed({"owner": f"names nobody who is a member or has keys here; {way_out}"})


def creator_named(member: Member, named: str) -> str:
    """The ID of whoever has this ID or email address. Raises `ValidationFailed` naming `created_by` for everybody who
    is no member and created no key here, whether they exist or not."""
    if found := key_list.creator_named(member.org_id, _address_or_id(named)):
        return found
    way_out = "send the ID or the email address of a person"
    raise ValidationFailed({"created_by": f"names nobody who is a member or created a key here; {way_out}"})


def _address_or_id(named: str) -> str:
    with suppress(ValidationFailed):
        return email_address.normalise(named)
    return named


def pasted_key(runtime: Runtime, member: Member, text: str) -> PastedKey | None:
    """The key in `text`, alone or in a line such as a header. None: there is none, so `text` is words."""
    text = text[:MAX_PASTED]
    if whole := key_format.found_in(text):
        return PastedKey(keys.ids_by_digest([key_format.digest(whole)]).get(member.org_id))
    if found := _imported(runtime, member, text):
        return found
    prefixes = "|".join(re.escape(prefix) for prefix in runtime.settings.key_prefixes)
    is_part = re.search(rf"(?:{prefixes})[0-9A-Za-z]{{{_SECRET_CHARACTERS},}}", text)
    return PastedKey(None, is_whole=False) if is_part else None


def _with_policy(runtime: Runtime, member: Member, wanted: KeyFilter) -> KeyFilter:
    """The filter as the store knows it."""
    if OUTSIDE_POLICY not in wanted.conditions:
        return wanted
    others = tuple(name for name in wanted.conditions if name != OUTSIDE_POLICY)
    return replace(wanted, conditions=others, outside=key_policy.outside(runtime, member.org_id))


def _imported(runtime: Runtime, member: Member, text: str) -> PastedKey | None:
    """An imported key, which can look like anything."""
    words = {word.strip(_QUOTES) for word in re.split(r"[\s=]+", text)} - {""}
    if not words or len(words) > 50 or not runtime.key_records.has_imported():
        return None
    found = keys.ids_by_digest([digest for word in words for digest in imported_keys.digests(word)])
    return PastedKey(found.get(member.org_id)) if found else None
