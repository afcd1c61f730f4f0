"""The columns of an import file: what each is called in the dumps of other systems, and what it means for a key.

A column that is not listed may restrict the key (`quota`, `permissions`), so it is refused instead of dropped.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from app.domain.errors import ValidationFailed

#: What a column means, and its names in drf-api-key 3.1, knox 5.1, Better Auth (@better-auth/api-key 1.7, and earlier)
#: and Unkey (pkg/mysql/schema/keys.sql of August 2026, and earlier); the names we document come first. Case,
#: underscores and blanks do not matter. Of several columns for `start`, the first that is listed counts.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "hash": ("hash", "hashed_key", "digest", "key"),
    "name": ("name",),
    "start": ("start", "token_key", "prefix"),
    "scopes": ("scopes",),
    "expires_at": ("expires_at", "expires", "expiry", "expiry_date"),
    "revoked": ("revoked",),
    "revoked_at": ("revoked_at", "deleted_at", "deleted_at_m"),
    "enabled": ("enabled",),
}
#: Columns of those systems that say nothing about what a key may do. `refill_…` says how `remaining` grows, which is
#: refused itself.
_HARMLESS = (
    *("pk", "id", "created", "created_at", "created_at_m", "updated_at", "updated_at_m"),
    *("last_used_at", "last_request", "request_count"),
    *("refill_day", "refill_interval", "refill_amount", "last_refill_at"),
    *("user", "user_id", "owner_id", "identity_id", "reference_id", "config_id"),
    *("key_auth_id", "workspace_id", "for_workspace_id", "environment", "meta", "metadata"),
)
#: The length of its `token_key`. knox 5 keeps 15 characters and the prefix, and made all earlier tokens invalid.
_KNOX_4_TOKEN_KEY = 8


class Columns:
    """The columns of one file. Raises `ValidationFailed` naming `columns`."""

    def __init__(self, seen: Sequence[str], ignored: Collection[str] = ()) -> None:
        self._count = len(seen)
        self._names: dict[str, str] = {}
        left_out = _HARMLESS_PLAIN | {_plain(name) for name in ignored}
        unknown = []
        for name in seen:
            meaning = _MEANINGS.get(_plain(name))
            if _plain(name) in left_out:
                continue
            if meaning is None:
                unknown.append(name)
            elif meaning == "start":
                self._names[meaning] = min(self._names.get(meaning, name), name, key=_rank_of_start)
            elif meaning in self._names:
                raise _refused(f"{self._names[meaning]} and {name} mean the same; leave one out with --ignore")
            else:
                self._names[meaning] = name
        if "hash" not in self._names:
            raise _refused(f"must include hash and be separated by commas; the first line names {_listed(seen)}")
        if unknown:
            raise _refused(
                f"unknown: {_listed(unknown)}. They may restrict the keys; to leave them out, add"
                f" {' '.join(f'--ignore {name!r}' for name in unknown)}"
            )

    def read(self, row: Mapping[str | None, str | list[str] | None]) -> dict[str, str]:
        """The values of a row by what they mean, `NULL` and `\\N` as empty text. Raises `ValidationFailed` for a row
        that has not one value for each column, and for a token of knox 4."""
        if None in row or None in row.values():
            raise ValidationFailed({"row": f"must have {self._count} values, one for each column"})
        read = {meaning: _value(row[name]) for meaning, name in self._names.items()}
        if _plain(self._names.get("start", "")) == _plain("token_key") and len(read["start"]) == _KNOX_4_TOKEN_KEY:
            raise ValidationFailed(
                {
                    "token_key": f"has {_KNOX_4_TOKEN_KEY} characters, so it is of knox 4, whose digests are not those"
                    " of tokens as they are sent. Such tokens work neither in knox 5 nor here; leave them out"
                }
            )
        return read


def _refused(problem: str) -> ValidationFailed:
    return ValidationFailed({"columns": problem})


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _by_plain_name() -> Iterator[tuple[str, str]]:
    for meaning, names in _NAMES.items():
        for name in names:
            yield _plain(name), meaning


_MEANINGS = dict(_by_plain_name())
_HARMLESS_PLAIN = frozenset(map(_plain, _HARMLESS))


def _rank_of_start(name: str) -> int:
    return [_plain(known) for known in _NAMES["start"]].index(_plain(name))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names)) or "none"


def _value(text: str | list[str] | None) -> str:
    text = str(text).strip()
    return "" if text in {"NULL", "null", "\\N"} else text
