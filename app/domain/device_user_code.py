"""The code that an agent shows and a person types (RFC 8628 6.1): eight consonants, no vowels, nothing to confuse."""

import secrets

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8


def make() -> str:
    """`WDJB-MJHT`: 20^8 possibilities, good for ten minutes and few guesses."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def normalise(typed: str) -> str:
    """As it was shown, however it was typed: case, spaces and dashes do not matter."""
    letters = "".join(letter for letter in typed.upper() if letter in ALPHABET)
    return f"{letters[:4]}-{letters[4:]}"
