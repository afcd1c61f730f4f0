"""Names that people give: of keys, organizations and agents."""

import unicodedata

from app.domain.errors import ValidationFailed

MAX_LENGTH = 100
_JOINERS = "\u200c\u200d"
#: Letters and symbols that show nothing.
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"


def cleaned(name: str) -> str:
    """The name as it is kept. Raises `ValidationFailed` naming `name`."""
    kept = unicodedata.normalize("NFC", name).strip()
    if not kept:
        raise ValidationFailed({"name": "give the key a name, so that you know later what it is for"})
    # As sent too: spaces around a name count, or the API description would promise another bound.
    if (length := max(len(name), len(kept))) > MAX_LENGTH:
        raise ValidationFailed({"name": f"has {length} characters; the maximum is {MAX_LENGTH}"})
    if any(map(_is_unprintable, kept)) or not any(map(_is_visible, kept)):
        raise ValidationFailed({"name": "contains invisible characters; write it on one line"})
    return kept


def _is_unprintable(character: str) -> bool:
    """Controls, line breaks, and marks that turn the reading direction; joiners belong to scripts and emoji."""
    return character not in _JOINERS and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANKS
