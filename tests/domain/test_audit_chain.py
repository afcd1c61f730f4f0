"""The hash chain: whatever is changed, moved, dropped or cut off shows."""

from dataclasses import replace

import pytest

from app.domain.audit_chain import GENESIS, Entry, first_broken, seal


def chain(length):
    entries, previous = [], GENESIS
    for number in range(1, length + 1):
        entry = Entry("org_1", number, "2026-04-16T12:00:00Z", "key.created", "alice", f"key_{number}", {"n": number})
        previous = seal(previous, entry)
        entries.append((entry, previous))
    return entries, (length, previous)


def test_an_untouched_chain_is_whole():
    for length in (0, 1, 5):
        assert first_broken(*chain(length)) is None


@pytest.mark.parametrize("field", ["org_id", "at", "action", "actor", "target"])
def test_a_changed_field_shows_where_it_is(field):
    entries, head = chain(5)
    entries[2] = (replace(entries[2][0], **{field: "forged"}), entries[2][1])
    assert first_broken(entries, head) == 3


def test_changed_details_and_changed_seals_show():
    entries, head = chain(5)
    details = [*entries]
    details[1] = (replace(entries[1][0], details={"n": 99}), entries[1][1])
    assert first_broken(details, head) == 2
    resealed = [*entries]
    resealed[1] = (details[1][0], seal(entries[0][1], details[1][0]))
    assert first_broken(resealed, head) == 3


def test_a_gap_a_swap_and_a_cut_end_show():
    entries, head = chain(5)
    assert first_broken(entries[:1] + entries[2:], head) == 2
    assert first_broken([entries[1], entries[0], *entries[2:]], head) == 1
    assert first_broken(entries[:4], head) == 5
