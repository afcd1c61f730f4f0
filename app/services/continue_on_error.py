"""Fault isolation: what background jobs do for many, they do for each, whatever fails for one of them."""

import logging
from collections.abc import Callable, Iterable
from traceback import format_tb
from typing import TypeVar

from app.store.transaction import release

log = logging.getLogger("keydesk")

_One = TypeVar("_One")


def each(found: Iterable[_One], do: Callable[[_One], object], *, failed: str, name: Callable[[_One], str]) -> bool:
    """Calls `do` for each, goes on after a failure, and returns whether there was none. A failure is logged: `name`
    gives the ID of what it failed for, `failed` what was not done."""
    is_done = True
    for one in found:
        try:
            do(one)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is done for the others
            is_done = False
            # Without the message, which may quote a row or an address.
            where = "".join(format_tb(error.__traceback__))
            fields = {"event": "job.item_failed", "id": name(one), "error": type(error).__name__}
            log.error(
                "%s %s; it will be tried again: %s\n%s", name(one), failed, type(error).__name__, where, extra=fields
            )
            release()
    return is_done
