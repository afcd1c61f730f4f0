"""Pages of a list. A cursor says where the last page ended, so that new entries do not shift the next page."""

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
    """A page from up to `limit + 1` rows; the extra row only shows that there are more."""
    items = rows[:limit]
    return Page(items, encode(position(items[-1])) if len(rows) > limit else None)


def encode(position: Sequence[int | str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(position)).encode()).decode().rstrip("=")


def decode(cursor: str | None, *kinds: type) -> list[int | str] | None:
    """The position that a cursor stands for, or None without one. `kinds`: the types of its parts. Raises
    `ValidationFailed` naming `cursor`."""
    if not cursor:
        return None
    if len(cursor) > MAX_CURSOR_LENGTH:
        raise foreign()
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if [type(part) for part in position] == list(kinds) and all(map(_fits, position)):
            return list(position)
    except (ValueError, TypeError, RecursionError):
        pass
    raise foreign()


def foreign() -> ValidationFailed:
    """The error for a cursor of another list."""
    return ValidationFailed({"cursor": "is not a cursor of this list; start again without it"})


def _fits(part: int | str) -> bool:
    """Whether it can be part of our own cursors; anything else may be more than a database can compare with."""
    return 0 <= part < 2**53 if isinstance(part, int) else part.isascii() and part.isprintable()
