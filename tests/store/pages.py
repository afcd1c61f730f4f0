"""Lists that come in pages."""

from collections.abc import Callable
from typing import TypeVar

from app.domain.paging import Page

Item = TypeVar("Item")


def all_pages(read: Callable[[str | None], Page[Item]], limit: int) -> list[Item]:
    """What all pages show, from the first to the last; `read` takes a cursor. All but the last must be full."""
    page = read(None)
    items, cursors = list(page.items), set()
    while page.next_cursor:
        assert len(page.items) == limit
        assert page.next_cursor not in cursors, "the pages go round in a circle"
        cursors.add(page.next_cursor)
        page = read(page.next_cursor)
        assert page.items
        items += page.items
    return items
