"""The format of an API key: `<prefix><26 random base62 digits><6 base62 digits of checksum>`.

The checksum rejects mistyped keys without a query to the database, and lets secret scanners recognize our keys. It is
the CRC-32 (IEEE) of prefix and random part. It adds no security: that comes from the 154 random bits.
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
#: Wherever one begins in a text, even inside another word; prefixes are short.
_SOMEWHERE = re.compile(r"(?=([a-z][a-z0-9_]{0,30}_[0-9A-Za-z]{32}))", re.ASCII)
_SHAPE = re.compile(r"([a-z][a-z0-9_]*_)([0-9A-Za-z]{32})", re.ASCII)


class MintedKey(NamedTuple):
    """A new key. `plaintext` is handed out once; the rest is stored."""

    plaintext: Secret
    digest: bytes
    start: str
    last4: str


def checksum(prefix_and_random: str) -> str:
    return base62.encode(zlib.crc32(prefix_and_random.encode("ascii")), CHECKSUM_LENGTH)


def digest(plaintext: str) -> bytes:
    """SHA-256 of the whole key, 32 bytes. A plain hash is enough, because 154 random bits cannot be searched."""
    return _sha256(plaintext.encode("utf-8", "surrogatepass")).digest()


def mint(prefix: str) -> MintedKey:
    """A new random key under `prefix`."""
    return finish(prefix, "".join(secrets.choice(base62.ALPHABET) for _ in range(RANDOM_LENGTH)))


def finish(prefix: str, random_part: str) -> MintedKey:
    """The key with this random part: with its checksum, and with what is stored of it."""
    body = prefix + random_part
    plaintext = body + checksum(body)
    start = plaintext[: len(prefix) + SHOWN_AFTER_PREFIX]
    return MintedKey(Secret(plaintext), digest(plaintext), start, plaintext[-4:])


def is_well_formed(plaintext: str) -> bool:
    """Whether this has the shape and the checksum of a key that Keydesk makes, whatever its prefix."""
    return (
        _SHAPE.fullmatch(plaintext) is not None
        and checksum(plaintext[:-CHECKSUM_LENGTH]) == plaintext[-CHECKSUM_LENGTH:]
    )


def found_in(text: str) -> str | None:
    """The first whole key in a text: alone, in quotes, in a URL, in a line of a program."""
    return next((found[1] for found in _SOMEWHERE.finditer(text) if is_well_formed(found[1])), None)
