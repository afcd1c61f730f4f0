"""The notes of the sample API: each organization's own, the last 100 of them."""

from datetime import UTC, datetime

import pytest

from app.domain.errors import NotFound
from app.services.sample_notes import MAX_NOTES, SampleNotes

NOW = datetime(2026, 4, 16, 12, tzinfo=UTC)


@pytest.fixture
def notes():
    return SampleNotes()


def test_the_newest_note_comes_first_and_the_oldest_makes_room(notes):
    made = [notes.add("org_a", str(number), NOW) for number in range(MAX_NOTES + 1)]
    assert notes.newest_first("org_a") == made[:0:-1]
    with pytest.raises(NotFound):
        notes.get("org_a", made[0].id)


def test_a_note_is_changed_and_deleted_and_keeps_its_place(notes):
    first, second = notes.add("org_a", "one", NOW), notes.add("org_a", "two", NOW)
    changed = notes.change("org_a", first.id, "uno")
    assert (changed.id, changed.text, changed.created_at) == (first.id, "uno", NOW)
    assert notes.newest_first("org_a") == [second, changed]
    notes.delete("org_a", second.id)
    assert notes.newest_first("org_a") == [changed]


def test_another_organizations_note_is_as_one_that_is_not_there(notes):
    note = notes.add("org_a", "mine", NOW)
    assert notes.newest_first("org_b") == []
    for act in (notes.get, notes.delete):
        with pytest.raises(NotFound):
            act("org_b", note.id)
    with pytest.raises(NotFound):
        notes.change("org_b", note.id, "theirs")
    assert notes.get("org_a", note.id) == note
