"""The hash chain of an audit log: each seal covers the one before it, so changed and missing entries show."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """What a seal covers. `at` is RFC 3339; `sequence` counts from 1 within one organization."""

    org_id: str
    sequence: int
    at: str
    action: str
    actor: str
    target: str
    details: dict[str, Any]


def seal(previous: str, entry: Entry) -> str:
    """The entry's seal: SHA-256, in hex, of the previous seal and the entry's canonical JSON."""
    body = [entry.org_id, entry.sequence, entry.at, entry.action, entry.actor, entry.target, entry.details]
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


def first_broken(chain: Iterable[tuple[Entry, str]], head: tuple[int, str]) -> int | None:
    """The sequence number of the first entry that was changed or is missing, or None if the chain is intact.

    `head` is the entry count and newest seal in the organization's row: it shows if entries are missing at the end.
    """
    previous, expected = GENESIS, 0
    for entry, sealed in chain:
        expected += 1
        if entry.sequence != expected or seal(previous, entry) != sealed:
            return expected
        previous = sealed
    return None if head == (expected, previous) else expected + 1
