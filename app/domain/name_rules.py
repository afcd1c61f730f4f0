"""Names of keys, organizations and agents, as people enter them."""

import unicodedata

from app.domain.errors import ValidationFailed

MAX_LENGTH = 100
#: The name of the operators’ own organization. No other gets it, and it keeps it: operators’ keys are made there.
OPERATORS = "Operators"
#: Characters of a name in a mail.
SHORT = 40
_JOINERS = "\u200c\u200d"
#: Letters and symbols that are displayed as blank space.
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
#: What links and addresses are made of, in any form that NFKC folds to it; stops of other scripts, which IDNA takes for
#: dots; and quotation marks.
_LINKING = set('.:/\\@%<>\u3002\u06d4\u2024"“”„«»')


def cleaned(name: str, field: str = "name") -> str:
    """The name as it is stored. Raises `ValidationFailed` naming `field`."""
    kept = unicodedata.normalize("NFC", name).strip()
    if not kept:
        raise ValidationFailed({field: "enter a name"})
    # The length as sent, with spaces around it, counts too: the API description promises this bound.
    if (length := max(len(name), len(kept))) > MAX_LENGTH:
        raise ValidationFailed({field: f"has {length} characters; the maximum is {MAX_LENGTH}"})
    if any(map(_is_unprintable, kept)) or not any(map(_is_visible, kept)):
        raise ValidationFailed({field: "contains line breaks or invisible characters; remove them"})
    return kept


def cleaned_of_organization(name: str) -> str:
    """As `cleaned`, for an organization that people name: the name of the operators’ own is refused, in any case."""
    kept = cleaned(name)
    if unicodedata.normalize("NFKC", kept).casefold() == OPERATORS.casefold():
        raise ValidationFailed({"name": "is the name of the operators’ own organization; choose another"})
    return kept


def is_typed_name(typed: str, name: str) -> bool:
    """Whether somebody who typed this meant that name: case, spaces at the ends and the form of apostrophes, which
    keyboards do not have, do not matter."""
    return _plain(typed) == _plain(name)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold().replace("’", "'")


def folded(name: str) -> str:
    """The name as it is searched for and sorted by: without the difference between upper and lower case."""
    return name.casefold()[:MAX_LENGTH]


def without_links(name: str) -> str:
    """The name as mails show it: short, and with a space in place of all that programs could take for a part of a link
    or of an address, or that would end a quotation."""
    spaced = "".join(" " if _LINKING & set(unicodedata.normalize("NFKC", sign)) else sign for sign in name)
    words = " ".join(spaced.split())
    return f"{words[:SHORT]}…" if len(words) > SHORT else words


def _is_unprintable(character: str) -> bool:
    """Control characters, line breaks and marks that change the reading direction. Joiners are allowed, because some
    scripts and emoji need them."""
    return character not in _JOINERS and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANKS
