"""An audit log as a file, which can be checked without a database.

Each line is a JSON text (RFC 8259): what the file is, each entry from the first on, and at last the newest seal. Not
one array, so that a long file can be written and checked line by line; not RFC 7464, whose separators few programs
know. Entries have every byte that their seals cover, so `at` is in microseconds since 1970, and `details` is the stored
JSON as a text.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from app.domain.audit_chain import BEGINNING, Entry, Position, SealedEntry, following
from app.domain.errors import ValidationFailed
from app.domain.rfc3339 import rfc3339

WHOLE = "Keydesk audit log, version 1"
#: What is left out cannot be told from what was taken out.
PROVES_NOTHING = "This file cannot be used to check the log: entries may be missing. For that, download the whole log."
_FIELDS = {field.name for field in fields(Entry)} | {"seal"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a file found. `entries` are those up to which it is whole. `problem` is a part of a sentence
    about the file; None: there is none."""

    org_id: str
    organization: str
    entries: int
    problem: str | None


def whole(
    org_id: str, organization: str, at: datetime, chain: Iterable[tuple[Entry, str]], head: tuple[int, str]
) -> Iterator[str]:
    """The lines of the file. `chain` are the entries up to `head`."""
    yield line({"format": WHOLE, "org_id": org_id, "organization": organization, "exported_at": rfc3339(at)})
    for entry, sealed in chain:
        yield line(asdict(entry) | {"seal": sealed})
    yield line({"head": str(SealedEntry(org_id, *head))})


def line(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False) + "\n"


def check(lines: Iterable[str], kept: SealedEntry | None = None) -> Checked:
    """Checks a file, and that it fits a seal that somebody kept. Raises `ValidationFailed` naming `file` for what is no
    such file."""
    rows = map(_row, lines)
    begin = next(rows, {})
    if begin.get("note") == PROVES_NOTHING:
        raise ValidationFailed({"file": f"cannot be checked. {PROVES_NOTHING}"})
    if begin.get("format") != WHOLE:
        raise ValidationFailed(
            {"file": "is not a whole audit log as the page of the log gives it; its beginning may be missing"}
        )
    org_id = str(begin.get("org_id"))
    position, problem = _followed(rows, org_id, kept)
    return Checked(org_id, str(begin.get("organization")), position.sequence, problem)


def _followed(rows: Iterator[dict[str, Any]], org_id: str, kept: SealedEntry | None) -> tuple[Position, str | None]:
    """How far it is whole, and what is wrong."""
    if kept and kept.org_id != org_id:
        return BEGINNING, f"is the log of {org_id}, and the seal is of {kept.org_id}: another organization"
    position = BEGINNING
    for row in rows:
        if "head" in row:
            return position, _wrong_end(rows, row["head"], org_id, position, kept)
        after = _after(position, row, org_id)
        if after is None:
            number = position.sequence + 1
            return position, f"is broken at entry {number:,}: it was changed, or is missing, or is not in its place"
        position = after
        if kept and kept.sequence == position.sequence and kept.seal != position.seal:
            return position, f"does not fit the seal of entry {kept.sequence:,}: the log was changed and sealed anew"
    return position, f"was shortened: it ends after entry {position.sequence:,}, without its last line"


def _wrong_end(
    rows: Iterator[dict[str, Any]], head: object, org_id: str, position: Position, kept: SealedEntry | None
) -> str | None:
    if head != str(SealedEntry(org_id, *position)):
        return f"was shortened: it ends after entry {position.sequence:,}, and its last line names another one"
    if next(rows, None) is not None:
        return "goes on after its last line"
    if kept and kept.sequence > position.sequence:
        return (
            f"ends after entry {position.sequence:,}, and the seal is of entry {kept.sequence:,}: it was shortened, or"
            " exported before"
        )
    return None


def _after(position: Position, row: dict[str, Any], org_id: str) -> Position | None:
    if row.keys() != _FIELDS or row["org_id"] != org_id or not isinstance(row["seal"], str):
        return None
    sealed = row.pop("seal")
    return following(position, Entry(**row), sealed)


def _row(text: str) -> dict[str, Any]:
    """A line; nothing that is known for one that is no JSON object."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}
