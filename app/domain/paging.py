"""Pages of a list: a cursor says where the last page ended, so that new entries never shift the next one."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.domain.errors import ValidationFailed

MAX_LIMIT = 1000
MAX_CURSOR_LENGTH = 300
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    items: Sequence[Item]
    #: None: this is the last page.
    next_cursor: str | None


def cut(rows: Sequence[Item], limit: int, position: Callable[[Item], Sequence[int | str]]) -> Page[Item]:
    """A page from `limit + 1` rows; the one too many only tells that there is more."""
    items = rows[:limit]
    return Page(items, encode(position(items[-1])) if len(rows) > limit else None)


def encode(position: Sequence[int | str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(position)).encode()).decode().rstrip("=")


def decode(cursor: str | None, *kinds: type) -> list[int | str] | None:
    """The position that a cursor stands for, or None without one. Raises `ValidationFailed` naming `cursor`."""
    if not cursor:
        return None
    if len(cursor) > MAX_CURSOR_LENGTH:
        raise _foreign()
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if [type(part) for part in position] == list(kinds) and all(map(_fits, position)):
            return list(position)
    except (ValueError, TypeError, RecursionError):
        pass
    raise _foreign()


def _foreign() -> ValidationFailed:
    return ValidationFailed({"cursor": "is not one that this list gave out; begin again without it"})


def _fits(part: int | str) -> bool:
    """Whether a database can compare with it: no cursor of ours is larger."""
    return 0 <= part < 2**53 if isinstance(part, int) else part.isascii() and part.isprintable()
