"""One-time secrets: a link is the signed ID of a single-use row, a code is derived from that ID. No plaintext is
stored."""

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer

from app.domain.errors import LinkForged
from app.domain.secret import Secret

CODE_DIGITS = 6


class Purpose(StrEnum):
    """What a one-time secret is for; it is refused for anything else."""

    LINK = "link"
    EMAIL_CODE = "email_code"
    SIGN_UP_CODE = "sign_up_code"


#: The purposes that mail a code; the others mail a link.
CODES = frozenset({Purpose.EMAIL_CODE, Purpose.SIGN_UP_CODE})
#: How often one code can be tried.
CODE_TRIES = {Purpose.EMAIL_CODE: 5, Purpose.SIGN_UP_CODE: 10}


def normalise_code(typed: str) -> str:
    """The six digits of a code that somebody typed or pasted: blanks, dashes, backticks and invisible characters are
    dropped, and digits of every script count (Unicode NFKC). Raises `ValueError` if six digits are not what is left."""
    kept = [character for character in unicodedata.normalize("NFKC", typed) if not _separates(character)]
    digits = [unicodedata.decimal(character, None) for character in kept]
    if len(digits) != CODE_DIGITS or None in digits:
        raise ValueError(f"must be the {CODE_DIGITS} digits of the code; this attempt was not counted")
    return "".join(map(str, digits))


def _separates(character: str) -> bool:
    """Blanks, invisible characters, dashes and the minus sign, and the backticks that chat programs put around code."""
    return character.isspace() or unicodedata.category(character) in {"Cf", "Pd"} or character in "\N{MINUS SIGN}`"


class LinkSigner:
    """Signs and reads the token of a sign-in link.

    The token is the signed ID of its row; the row says whether it is still valid. `secret_keys`: oldest first, the last
    one signs (the order that itsdangerous wants).
    """

    def __init__(self, secret_keys: Sequence[Secret]) -> None:
        self._serializer = URLSafeSerializer([key.reveal() for key in secret_keys], salt="keydesk.sign-in-link")

    def sign(self, row_id: str) -> Secret:
        token = self._serializer.dumps(row_id)
        return Secret(token if isinstance(token, str) else token.decode("ascii"))

    def read(self, token: str) -> str:
        """The row's ID. Raises `LinkForged`."""
        try:
            row_id = self._serializer.loads(token)
        except BadData:
            raise LinkForged from None
        if not isinstance(row_id, str):
            raise LinkForged
        return row_id


class CodeMaker:
    """Derives six-digit codes from a row's ID and a secret, so that a code can be mailed without being stored.

    Only the HMAC-SHA-256 of purpose, row ID and code is stored: a plain hash could be reversed at once by trying all of
    the million codes. `secret_keys`: oldest first, the last one makes new codes; codes of earlier ones stay valid.
    """

    def __init__(self, secret_keys: Sequence[Secret]) -> None:
        self._keys = [_derive(secret.reveal(), "codes") for secret in reversed(secret_keys)]

    def make(self, purpose: Purpose, row_id: str) -> tuple[Secret, str]:
        """A code, and the digest of it that is stored."""
        return Secret(self._code(self._keys[0], purpose, row_id)), self._digest(self._keys[0], purpose, row_id)

    def again(self, purpose: Purpose, row_id: str, digest: str) -> Secret:
        """The code with this digest, whichever of the secrets made it. Empty if none did."""
        for key in self._keys:
            if hmac.compare_digest(self._digest(key, purpose, row_id), digest):
                return Secret(self._code(key, purpose, row_id))
        return Secret("")

    def matches(self, code: str, purpose: Purpose, row_id: str, digest: str) -> bool:
        """Whether this is the row's code. Takes the same time for right and wrong codes."""
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
    """A separate key for each use of a secret."""
    return hmac.digest(secret.encode(), f"keydesk.{use}".encode(), hashlib.sha256)
