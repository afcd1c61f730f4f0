"""The user code of a device grant, which an agent shows and a person types: eight of the consonants that RFC 8628 6.1
suggests, because they spell no words."""

import secrets
import unicodedata

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8


def make() -> str:
    """A new code like `WDJB-MJHT`. 20^8 possibilities are enough for ten minutes and a limited number of attempts."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def normalise(typed: str) -> str | None:
    """The code in the form in which it was shown: case, spaces and dashes do not matter when it is typed, nor does the
    width of the letters. None: it does not have eight letters, so it is no code."""
    letters = "".join(letter for letter in unicodedata.normalize("NFKC", typed).upper() if letter in ALPHABET)
    if len(letters) != LENGTH:
        return None
    return f"{letters[:4]}-{letters[4:]}"
