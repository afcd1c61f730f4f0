"""One-time secrets: links signed over a single-use row, codes derived from one. Nothing secret is kept anywhere."""

import hashlib
import hmac
from collections.abc import Sequence
from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer

from app.domain.errors import LinkForged
from app.domain.secret import Secret

CODE_DIGITS = 6


class Purpose(StrEnum):
    """What a one-time secret is good for; it is refused for anything else."""

    LINK = "link"
    EMAIL_CODE = "email_code"
    SIGN_UP_CODE = "sign_up_code"


class LinkSigner:
    """Signs and reads the token of a sign-in link.

    The token is the id of its row under a signature; whether it is still good is the row's to say. `secret_keys`:
    oldest first, the last one signs (the order of itsdangerous).
    """

    def __init__(self, secret_keys: Sequence[Secret]) -> None:
        self._serializer = URLSafeSerializer([key.reveal() for key in secret_keys], salt="keydesk.sign-in-link")

    def sign(self, row_id: str) -> Secret:
        token = self._serializer.dumps(row_id)
        return Secret(token if isinstance(token, str) else token.decode("ascii"))

    def read(self, token: str) -> str:
        """The row's id. Raises `LinkForged`."""
        try:
            row_id = self._serializer.loads(token)
        except BadData:
            raise LinkForged from None
        if not isinstance(row_id, str):
            raise LinkForged
        return row_id


class CodeMaker:
    """Makes six-digit codes from a row's id under a secret, so that a mail can carry one that nobody kept.

    At rest a code is its HMAC-SHA-256 over purpose, row id and code: a plain hash of a million values is reversed at
    once. `secret_keys`: oldest first, the last one makes; the others still read.
    """

    def __init__(self, secret_keys: Sequence[Secret]) -> None:
        self._keys = [_derive(secret.reveal(), "codes") for secret in reversed(secret_keys)]

    def make(self, purpose: Purpose, row_id: str) -> tuple[Secret, str]:
        """A code and what is kept of it."""
        return Secret(self._code(self._keys[0], purpose, row_id)), self._digest(self._keys[0], purpose, row_id)

    def again(self, purpose: Purpose, row_id: str, digest: str) -> Secret:
        """The code that a row was made with, whichever secret was in force. Empty when none of ours made it."""
        for key in self._keys:
            if hmac.compare_digest(self._digest(key, purpose, row_id), digest):
                return Secret(self._code(key, purpose, row_id))
        return Secret("")

    def matches(self, code: str, purpose: Purpose, row_id: str, digest: str) -> bool:
        """Whether this is the row's code, in the same time whatever was sent."""
        sent = [_code_digest(key, purpose, row_id, code) for key in self._keys]
        found = [hmac.compare_digest(one, digest) for one in sent]
        return any(found)

    def _code(self, key: bytes, purpose: Purpose, row_id: str) -> str:
        number = int.from_bytes(hmac.digest(key, f"make {purpose} {row_id}".encode(), "sha256"), "big")
        return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"

    def _digest(self, key: bytes, purpose: Purpose, row_id: str) -> str:
        return _code_digest(key, purpose, row_id, self._code(key, purpose, row_id))


def _code_digest(key: bytes, purpose: Purpose, row_id: str, code: str) -> str:
    message = f"keep {purpose} {row_id} {code}".encode("utf-8", "surrogatepass")
    return hmac.digest(key, message, "sha256").hex()


def _derive(secret: str, use: str) -> bytes:
    """A key of its own for each use of a secret."""
    return hmac.digest(secret.encode(), f"keydesk.{use}".encode(), hashlib.sha256)
