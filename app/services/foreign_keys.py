"""Whether keys of other systems are on record: only then does a key that is not of our form reach the database."""

import time

from app.store import api_keys

#: Seconds for which an answer is kept: a first import takes effect in running servers after this, and guesses at
#: foreign keys cost the database one small query in this time while there are none.
KEPT_SECONDS = 1.0


class ForeignKeys:
    """The answer of one process, asked again when it is old. Safe to call from any thread."""

    def __init__(self) -> None:
        self._known = False
        self._asked_at = float("-inf")

    def on_record(self) -> bool:
        now = time.monotonic()
        if now - self._asked_at >= KEPT_SECONDS:
            self._asked_at = now
            self._known = api_keys.has_imported()
        return self._known
