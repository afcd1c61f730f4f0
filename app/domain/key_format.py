"""The form of an API key: `<prefix><26 random base62><6 base62 checksum>`.

The checksum tells a mistyped key from a wrong one without asking the database, and lets secret scanners know our keys
by sight. It is CRC-32 (IEEE) over prefix + random part; it is no defence, which the 154 random bits are.
"""

import hashlib
import re
import secrets
import zlib
from typing import NamedTuple

from app.domain import base62
from app.domain.secret import Secret

RANDOM_LENGTH = 26
CHECKSUM_LENGTH = 6
SHOWN_AFTER_PREFIX = 8

_sha256 = hashlib.sha256
_SHAPE = re.compile(r"([a-z][a-z0-9_]*_)([0-9A-Za-z]{32})", re.ASCII)


class MintedKey(NamedTuple):
    """A new key. `plaintext` leaves the process once; the rest is what is kept."""

    plaintext: Secret
    digest: bytes
    start: str
    last4: str


def checksum(prefix_and_random: str) -> str:
    return base62.encode(zlib.crc32(prefix_and_random.encode("ascii")), CHECKSUM_LENGTH)


def digest(plaintext: str) -> bytes:
    """SHA-256 of the whole key, 32 bytes. Plain is right: 154 random bits cannot be searched."""
    return _sha256(plaintext.encode("utf-8", "surrogatepass")).digest()


def mint(prefix: str) -> MintedKey:
    """A new random key under `prefix`."""
    return finish(prefix, "".join(secrets.choice(base62.ALPHABET) for _ in range(RANDOM_LENGTH)))


def finish(prefix: str, random_part: str) -> MintedKey:
    """The key with this random part: its checksum, and what is kept of it."""
    body = prefix + random_part
    plaintext = body + checksum(body)
    start = plaintext[: len(prefix) + SHOWN_AFTER_PREFIX]
    return MintedKey(Secret(plaintext), digest(plaintext), start, plaintext[-4:])


def is_well_formed(plaintext: str) -> bool:
    """Whether this could be a key of ours: shape and checksum, whatever the prefix."""
    return (
        _SHAPE.fullmatch(plaintext) is not None
        and checksum(plaintext[:-CHECKSUM_LENGTH]) == plaintext[-CHECKSUM_LENGTH:]
    )
