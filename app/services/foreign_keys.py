"""Whether keys of other systems are on record: only then does a key that is not of our form reach the database."""

import time
from collections.abc import Callable
from contextlib import suppress

from app.store.unavailable import DATABASE_UNAVAILABLE

#: Seconds for which an answer is kept: a first import takes effect in running servers after this, and guesses at
#: foreign keys cost the database one small query in this time while there are none.
KEPT_SECONDS = 1.0


class ForeignKeys:
    """The answer of one process, asked again when it is old. Safe to call from any thread."""

    def __init__(self, has_imported: Callable[[], bool]) -> None:
        self._has_imported = has_imported
        self._known = False
        self._asked_at = float("-inf")

    def on_record(self) -> bool:
        now = time.monotonic()
        if now - self._asked_at >= KEPT_SECONDS:
            self._asked_at = now
            # A key that cannot be ours is refused with the database down too, unless foreign ones were seen before.
            with suppress(*DATABASE_UNAVAILABLE):
                self._known = self._has_imported()
        return self._known
