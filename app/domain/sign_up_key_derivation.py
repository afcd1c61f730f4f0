"""Keys that can be shown again without being stored: the random part is derived from the key's ID and a secret."""

import hmac
from collections.abc import Iterator, Sequence

from app.domain import base62, key_format
from app.domain.key_format import MintedKey
from app.domain.secret import Secret


class KeyDeriver:
    """The random part is the HMAC-SHA-256 of the key's ID, in base62. `secret_keys` are oldest first, as in `Settings`.

    `derivation_secret`, if set, makes the new keys. The secrets that are derived from SECRET_KEY and its fallbacks are
    still tried, so that no key is lost when it is set later.
    """

    def __init__(self, derivation_secret: Secret | None, secret_keys: Sequence[Secret]) -> None:
        texts = [secret.reveal().encode() for secret in reversed(secret_keys)]
        derived = [hmac.digest(text, b"keydesk.derived-keys", "sha256") for text in texts]
        self._secrets = ([derivation_secret.reveal().encode()] if derivation_secret else []) + derived

    def mint(self, prefix: str, key_id: str) -> MintedKey:
        """The key for this ID with the current secret."""
        return key_format.finish(prefix, self._random(self._secrets[0], key_id))

    def again(self, prefix: str, key_id: str, digest: bytes) -> Secret | None:
        """The plaintext of the key with this digest, or None if none of the secrets makes it."""
        for key in self._all(prefix, key_id):
            if hmac.compare_digest(key.digest, digest):
                return key.plaintext
        return None

    def _all(self, prefix: str, key_id: str) -> Iterator[MintedKey]:
        return (key_format.finish(prefix, self._random(secret, key_id)) for secret in self._secrets)

    @staticmethod
    def _random(secret: bytes, key_id: str) -> str:
        number = int.from_bytes(hmac.digest(secret, key_id.encode(), "sha256"), "big")
        return base62.encode(number % 62**key_format.RANDOM_LENGTH, key_format.RANDOM_LENGTH)
