"""What somebody may ask of a new key: its name and how long it lives."""

import unicodedata
from datetime import datetime, timedelta

from app.domain.errors import ValidationFailed

MAX_NAME_LENGTH = 100
MAX_DAYS = 3650
_JOINERS = "\u200c\u200d"
#: Letters and symbols that show nothing.
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"


def clean_name(name: str) -> str:
    """The name as it is kept. Raises `ValidationFailed` naming `name`."""
    cleaned = unicodedata.normalize("NFC", name).strip()
    if not cleaned:
        raise ValidationFailed({"name": "give the key a name, so that you know later what it is for"})
    # As sent too: blanks around a name count, or the API description would promise another bound.
    if (length := max(len(name), len(cleaned))) > MAX_NAME_LENGTH:
        raise ValidationFailed({"name": f"has {length} characters; at most {MAX_NAME_LENGTH} fit"})
    if any(map(_is_unprintable, cleaned)) or not any(map(_is_visible, cleaned)):
        raise ValidationFailed({"name": "holds characters that cannot be seen; write it on one line"})
    return cleaned


def expiry(now: datetime, *, expires_at: datetime | None, expires_in_days: int | None) -> datetime | None:
    """When the key ends, in whole seconds; None for never. Raises `ValidationFailed` naming the field."""
    if expires_at is not None and expires_in_days is not None:
        raise ValidationFailed({"expires_in_days": "give either expires_at or expires_in_days, not both"})
    if expires_in_days is not None:
        if not 1 <= expires_in_days <= MAX_DAYS:
            raise ValidationFailed({"expires_in_days": f"must be from 1 to {MAX_DAYS} days"})
        return (now + timedelta(days=expires_in_days)).replace(microsecond=0)
    if expires_at is None:
        return None
    expires_at = expires_at.replace(microsecond=0)
    if expires_at <= now:
        raise ValidationFailed({"expires_at": "lies in the past; choose a time to come"})
    if expires_at > now + timedelta(days=MAX_DAYS + 1):
        raise ValidationFailed({"expires_at": f"lies more than {MAX_DAYS} days ahead"})
    return expires_at


def _is_unprintable(character: str) -> bool:
    """Controls, line breaks, and marks that turn the reading direction; joiners belong to scripts and emoji."""
    return character not in _JOINERS and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANKS
