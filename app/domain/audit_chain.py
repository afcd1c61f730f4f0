"""The hash chain of an audit log: each seal covers the one before it, so changed and missing entries show.

There are two versions of seals. Version 2 covers every stored byte and begins with `2:`. Version 1, hexadecimal digits
alone, does not cover the ID and fractions of a second; entries that have it keep it, because it is part of all seals
after it.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from app.domain.errors import ValidationFailed
from app.domain.rfc3339 import rfc3339

GENESIS = "0" * 64
_VERSION_2 = "2:"
_SEALED = re.compile(rf"([0-9A-Za-z_]+):([0-9]{{1,18}}):((?:{_VERSION_2})?[0-9a-f]{{64}})")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a seal covers, as it is stored. `sequence` counts from 1 within one organization, `at` is in microseconds
    since 1970, `details` is JSON."""

    id: str
    org_id: str
    sequence: int
    at: int
    action: str
    actor: str
    target: str
    details: str


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry's seal, with which it can be found: what somebody keeps to check the log against later. As a text,
    `ORGANIZATION:ENTRY:SEAL`."""

    org_id: str
    sequence: int
    seal: str

    def __str__(self) -> str:
        return f"{self.org_id}:{self.sequence}:{self.seal}"

    @classmethod
    def parse(cls, text: str) -> "SealedEntry":
        """Raises `ValidationFailed` naming `seal`."""
        match = _SEALED.fullmatch(text.strip())
        if match is None:
            raise ValidationFailed({"seal": "is not a seal; copy it whole from the mail: ORGANIZATION:ENTRY:SEAL"})
        return cls(match[1], int(match[2]), match[3])


def seal(previous: str, entry: Entry) -> str:
    """The seal of a new entry: SHA-256, in hex, of the previous seal and of all fields as a JSON array."""
    return _VERSION_2 + _sha256(previous, json.dumps(astuple(entry), ensure_ascii=False))


class Position(NamedTuple):
    """How far a chain was followed: the number and the seal of the last entry."""

    sequence: int
    seal: str


BEGINNING = Position(0, GENESIS)


def following(position: Position, entry: Entry, sealed: str) -> Position | None:
    """The position after this entry; None if it was changed, or is not the one that follows."""
    if entry.sequence != position.sequence + 1 or not _is_seal(sealed, position.seal, entry):
        return None
    return Position(entry.sequence, sealed)


def first_broken(chain: Iterable[tuple[Entry, str]], head: tuple[int, str]) -> int | None:
    """The sequence number of the first entry that was changed or is missing, or None if the chain is intact.

    `head` is the entry count and newest seal in the organization's row: it shows if entries are missing at the end.
    """
    position = BEGINNING
    for entry, sealed in chain:
        after = following(position, entry, sealed)
        if after is None:
            return position.sequence + 1
        position = after
    return None if head == position else position.sequence + 1


def _is_seal(sealed: str, previous: str, entry: Entry) -> bool:
    try:
        if sealed.startswith(_VERSION_2):
            return seal(previous, entry) == sealed
        # After the first seal of version 2 there are no more of version 1, which cover less.
        return not previous.startswith(_VERSION_2) and _seal_1(previous, entry) == sealed
    except (AttributeError, TypeError, ValueError):
        # SQLite stores any type in any column, and what is no JSON.
        return False


def _seal_1(previous: str, entry: Entry) -> str:
    """The seal of version 1. Raises `ValueError` for details that are not in the one form in which they were stored:
    this seal covers what they mean, which is the same with a key that is there twice."""
    details = json.loads(entry.details)
    if json.dumps(details, sort_keys=True) != entry.details:
        raise ValueError("not as it was stored")
    at = rfc3339(datetime.fromtimestamp(entry.at // 1_000_000, UTC))
    body = [entry.org_id, entry.sequence, at, entry.action, entry.actor, entry.target, details]
    return _sha256(previous, json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def _sha256(previous: str, canonical: str) -> str:
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()
