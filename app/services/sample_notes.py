"""The notes of the sample API: in memory, gone with the process."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from app.domain.errors import NotFound
from app.domain.ids import new_id

#: So many notes an organization keeps; a further one takes the place of its oldest.
MAX_NOTES = 100


@dataclass(frozen=True, slots=True)
class Note:
    id: str
    text: str
    created_at: datetime


class SampleNotes:
    """Each organization sees its own notes only. Another one's is `NotFound`, as one that is not there."""

    def __init__(self) -> None:
        self._notes: dict[str, dict[str, Note]] = {}
        self._lock = Lock()

    def newest_first(self, org_id: str) -> Sequence[Note]:
        with self._lock:
            return list(reversed(self._notes.get(org_id, {}).values()))

    def add(self, org_id: str, text: str, now: datetime) -> Note:
        note = Note(new_id("note"), text, now)
        with self._lock:
            notes = self._notes.setdefault(org_id, {})
            notes[note.id] = note
            if len(notes) > MAX_NOTES:
                del notes[next(iter(notes))]
        return note

    def get(self, org_id: str, note_id: str) -> Note:
        with self._lock:
            return self._found(org_id, note_id)

    def change(self, org_id: str, note_id: str, text: str) -> Note:
        with self._lock:
            note = Note(note_id, text, self._found(org_id, note_id).created_at)
            self._notes[org_id][note_id] = note
        return note

    def delete(self, org_id: str, note_id: str) -> None:
        with self._lock:
            self._found(org_id, note_id)
            del self._notes[org_id][note_id]

    def _found(self, org_id: str, note_id: str) -> Note:
        note = self._notes.get(org_id, {}).get(note_id)
        if note is None:
            raise NotFound
        return note
