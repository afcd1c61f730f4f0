"""Keys imported from another system as the hashes that it stored: nothing is hashed again, and nobody's key changes."""

import base64
import binascii
import csv
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain import name_rules
from app.domain.errors import DomainError, ValidationFailed
from app.domain.imported_columns import Columns
from app.domain.route_policy import Policy


class HashKind(StrEnum):
    SHA256 = "sha256"
    SHA512 = "sha512"


MAX_START_LENGTH = 20
#: A hash begins with its key's start by chance once in 16^6 rows, if the start is that long.
_TELLING_START = 6
_TRUE, _FALSE = frozenset({"true", "t", "1", "yes", "y"}), frozenset({"false", "f", "0", "no", "n"})
_HEX = re.compile(r"[0-9a-fA-F]+", re.ASCII)


class InvalidFile(ValueError):
    """A file that cannot be imported; the text says why, and in which line."""


@dataclass(frozen=True, slots=True)
class ImportedKey:
    """A checked row of an import. Empty `scopes` stand for the policy's default scopes."""

    kind: HashKind
    digest: bytes
    name: str
    start: str
    scopes: tuple[str, ...]
    expires_at: datetime | None
    #: Revoked or disabled in the other system.
    revoked: bool = False


def digests(plaintext: str) -> tuple[bytes, bytes]:
    """The two digests under which an imported key may be stored: SHA-256 and SHA-512 of the whole key."""
    data = plaintext.encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).digest(), hashlib.sha512(data).digest()


def parse_hash(text: str) -> tuple[HashKind, bytes]:
    """The kind and the bytes of a stored hash.

    Accepts SHA-256 in hex, base64 (Unkey) or base64url (Better Auth), and SHA-512 in hex (knox 5) or as `sha512$$hex`
    (drf-api-key). Raises `ValidationFailed` naming `hash`.
    """
    text = text.strip()
    kind_named, separator, rest = text.partition("$$")
    if separator and kind_named == HashKind.SHA512:
        text = rest
    raw = _bytes(text)
    for kind, length in ((HashKind.SHA256, 32), (HashKind.SHA512, 64)):
        if raw is not None and len(raw) == length and (not separator or kind is HashKind.SHA512):
            return kind, raw
    raise ValidationFailed(
        {"hash": "must be the SHA-256 (hex, base64, base64url) or SHA-512 (hex, sha512$$hex) of a whole key"}
    )


def parse_csv(lines: Iterable[str], policy: Policy, ignored: Collection[str] = ()) -> Iterator[ImportedKey]:
    """The keys of a CSV file, whose first line names the columns. `ignored`: columns to leave out.

    Raises `InvalidFile` naming the line.
    """
    rows = csv.DictReader(lines)
    try:
        columns = Columns(rows.fieldnames or (), ignored)
        for row in rows:
            key = parse_row(columns.read(row))
            policy.check_known(key.scopes)
            yield key
    except DomainError as error:
        raise InvalidFile(f"line {rows.line_num or 1}: {error.detail}") from None
    except csv.Error as error:
        raise InvalidFile(f"line {rows.line_num}: {error}") from None


def parse_row(row: Mapping[str, str | None]) -> ImportedKey:
    """Reads a row of the CSV file: `hash` and, each optional, `name`, `start`, `scopes` (separated by spaces),
    `expires_at` (RFC 3339), `revoked` and `enabled` (true or false), and `revoked_at` (revoked if it has a value).

    Raises `ValidationFailed` naming the column.
    """
    kind, digest = parse_hash(row.get("hash") or "")
    name = name_rules.cleaned(row.get("name") or "Imported key")
    return ImportedKey(
        kind,
        digest,
        name,
        _start((row.get("start") or "").strip(), row["hash"] or "", digest),
        tuple(dict.fromkeys((row.get("scopes") or "").split())),
        _time((row.get("expires_at") or "").strip()),
        _is_revoked(row),
    )


def _bytes(text: str) -> bytes | None:
    if _HEX.fullmatch(text) and len(text) in {64, 128}:
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _start(text: str, stored_hash: str, digest: bytes) -> str:
    """The first characters of the key, to recognize it by. Somebody's column may contain whole keys, or the column of
    hashes may, and neither must be stored."""
    if len(text) > MAX_START_LENGTH:
        raise ValidationFailed(
            {"start": f"has {len(text)} characters; give at most the first {MAX_START_LENGTH}, never the whole key"}
        )
    if not text.isprintable():
        raise ValidationFailed({"start": "contains invisible characters; remove them"})
    if digest in digests(text):
        raise ValidationFailed({"start": "is the whole key; give only its first characters, or leave it empty"})
    if len(text) >= _TELLING_START and stored_hash.strip().startswith(text):
        raise ValidationFailed({"hash": "begins like the key, so it is the key itself; give its hash"})
    return text


def _is_revoked(row: Mapping[str, str | None]) -> bool:
    revoked, enabled = _flag(row, "revoked"), _flag(row, "enabled")
    return bool(revoked or enabled is False or (row.get("revoked_at") or "").strip())


def _flag(row: Mapping[str, str | None], column: str) -> bool | None:
    """None: the column is empty or missing."""
    text = (row.get(column) or "").strip().casefold()
    if not text:
        return None
    if text not in _TRUE | _FALSE:
        raise ValidationFailed({column: "must be true or false"})
    return text in _TRUE


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is None:
        raise ValidationFailed({"expires_at": "has no time zone; if it is in UTC, write it like 2027-01-31T12:00:00Z"})
    if moment is None:
        raise ValidationFailed({"expires_at": "must be a time like 2027-01-31T12:00:00Z"})
    return moment.replace(microsecond=0)
