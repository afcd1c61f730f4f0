"""Keys that can be given back without being kept: the random part is derived from the key's id under a secret."""

import hmac
from collections.abc import Iterator, Sequence

from app.domain import base62, key_format
from app.domain.key_format import MintedKey
from app.domain.secret import Secret


class KeyDeriver:
    """HMAC-SHA-256 of the key's id, in base62. `secret_keys` are oldest first, as in `Settings`.

    With a `derivation_secret` of its own it comes first; the ones derived from SECRET_KEY are still tried, so that
    setting it later loses no key.
    """

    def __init__(self, derivation_secret: Secret | None, secret_keys: Sequence[Secret]) -> None:
        texts = [secret.reveal().encode() for secret in reversed(secret_keys)]
        derived = [hmac.digest(text, b"keydesk.derived-keys", "sha256") for text in texts]
        self._secrets = ([derivation_secret.reveal().encode()] if derivation_secret else []) + derived

    def mint(self, prefix: str, key_id: str) -> MintedKey:
        """The key of this id under the secret in force."""
        return key_format.finish(prefix, self._random(self._secrets[0], key_id))

    def again(self, prefix: str, key_id: str, digest: bytes) -> Secret | None:
        """The plaintext whose digest is kept, or None when no secret of ours makes it."""
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
