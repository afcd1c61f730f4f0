"""Keys of other systems, by the hash that they kept: nothing is hashed again, and nobody's key changes."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain import names
from app.domain.errors import ValidationFailed


class HashKind(StrEnum):
    SHA256 = "sha256"
    SHA512 = "sha512"


MAX_START_LENGTH = 20
_HEX = re.compile(r"[0-9a-fA-F]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class ImportedKey:
    """One row of an import, checked. `scopes` empty: the catalogue's default ones."""

    kind: HashKind
    digest: bytes
    name: str
    start: str
    scopes: tuple[str, ...]
    expires_at: datetime | None


def digests(plaintext: str) -> tuple[bytes, bytes]:
    """What a foreign key may be on record as: SHA-256 and SHA-512 of the whole key."""
    data = plaintext.encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).digest(), hashlib.sha512(data).digest()


def parse_hash(text: str) -> tuple[HashKind, bytes]:
    """SHA-256 in hex, base64 (Unkey) or base64url (Better Auth); SHA-512 in hex (knox) or `sha512$$hex` (drf-api-key).

    Raises `ValidationFailed` naming `hash`.
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
        {"hash": "is neither SHA-256 (hex, base64, base64url) nor SHA-512 (hex, sha512$$hex) of a whole key"}
    )


def parse_row(row: Mapping[str, str | None]) -> ImportedKey:
    """A row of the CSV: `hash`, and if there, `name`, `start`, `scopes` (space-separated), `expires_at` (RFC 3339).

    Raises `ValidationFailed` naming the column.
    """
    kind, digest = parse_hash(row.get("hash") or "")
    name = names.cleaned(row.get("name") or "Imported key")
    return ImportedKey(
        kind,
        digest,
        name,
        _start((row.get("start") or "").strip()),
        tuple(dict.fromkeys((row.get("scopes") or "").split())),
        _time((row.get("expires_at") or "").strip()),
    )


def _bytes(text: str) -> bytes | None:
    if _HEX.fullmatch(text) and len(text) in {64, 128}:
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _start(text: str) -> str:
    """How the key begins, to know it by. Somebody's column may hold whole keys: those must not be kept."""
    if len(text) > MAX_START_LENGTH:
        raise ValidationFailed(
            {"start": f"has {len(text)} characters; at most {MAX_START_LENGTH} of a key are kept, never the whole"}
        )
    if not text.isprintable():
        raise ValidationFailed({"start": "holds characters that cannot be seen"})
    return text


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValidationFailed({"expires_at": "must be a time like 2027-01-31T12:00:00Z"})
    return moment.replace(microsecond=0)
