"""The hash chain: whatever is changed, moved, dropped or cut off shows."""

import hashlib
from dataclasses import fields, replace

import pytest

from app.domain.audit_chain import GENESIS, Entry, SealedEntry, first_broken, seal
from app.domain.errors import ValidationFailed


def chain(length):
    entries, previous = [], GENESIS
    for number in range(1, length + 1):
        entry = new_entry(number)
        previous = seal(previous, entry)
        entries.append((entry, previous))
    return entries, (length, previous)


def new_entry(number):
    at = 1_776_340_800_123_456 + number
    return Entry(f"aud_{number}", "org_1", number, at, "key.created", "alice", f"key_{number}", f'{{"n": {number}}}')


#: What version 1 made of the entries 1 and 2 (at 12:00:00, with fractions of a second that it did not see).
SEALS_1 = (
    "2f4d2c536e5132966d44576f22ef0b7241999ffe59235b89c447748231b9fe10",
    "fdef048015e5482fb74cb3d759bdf764e2530a5a9a7852e610cc2ef4bf485406",
)


def chain_that_began_with_version_1():
    entries = [(new_entry(number), sealed) for number, sealed in enumerate(SEALS_1, 1)]
    for number in (3, 4):
        entries.append((new_entry(number), seal(entries[-1][1], new_entry(number))))
    return entries, (4, entries[-1][1])


def test_an_untouched_chain_is_whole():
    for length in (0, 1, 5):
        assert first_broken(*chain(length)) is None


@pytest.mark.parametrize("field", [field.name for field in fields(Entry)])
@pytest.mark.parametrize("forged", ["forged", b"alice", 1.5])
def test_a_changed_field_shows_where_it_is(field, forged):
    entries, head = chain(5)
    entries[2] = (replace(entries[2][0], **{field: forged}), entries[2][1])
    assert first_broken(entries, head) == 3


def test_changed_details_and_changed_seals_show():
    entries, head = chain(5)
    details = [*entries]
    details[1] = (replace(entries[1][0], details='{"n": 99}'), entries[1][1])
    assert first_broken(details, head) == 2
    resealed = [*entries]
    resealed[1] = (details[1][0], seal(entries[0][1], details[1][0]))
    assert first_broken(resealed, head) == 3


def test_a_gap_a_swap_and_a_cut_end_show():
    entries, head = chain(5)
    assert first_broken(entries[:1] + entries[2:], head) == 2
    assert first_broken([entries[1], entries[0], *entries[2:]], head) == 1
    assert first_broken(entries[:4], head) == 5


@pytest.mark.parametrize(
    "change",
    [{"at": 1_776_340_800_123_456 + 2 + 1}, {"details": '{"n": 99, "n": 2}'}, {"details": '{"n":2}'}, {"id": "aud_9"}],
)
def test_what_means_the_same_or_is_not_shown_shows_too(change):
    entries, head = chain(5)
    entries[1] = (replace(entries[1][0], **change), entries[1][1])
    assert first_broken(entries, head) == 2


def test_seals_of_version_1_stay_and_the_next_ones_cover_them():
    entries, head = chain_that_began_with_version_1()
    assert first_broken(entries, head) is None
    assert first_broken(entries[:2], (2, SEALS_1[1])) is None
    assert entries[2][1].startswith("2:")


@pytest.mark.parametrize(
    "change", [{"actor": "bob"}, {"details": '{"n": 99, "n": 1}'}, {"details": "{"}, {"at": "now"}]
)
def test_a_changed_entry_of_version_1_shows(change):
    entries, head = chain_that_began_with_version_1()
    entries[0] = (replace(entries[0][0], **change), entries[0][1])
    assert first_broken(entries, head) == 1


def test_a_seal_of_version_1_after_one_of_version_2_shows():
    entries, _ = chain_that_began_with_version_1()
    entries[3] = (new_entry(4), seal_1(entries[2][1], 4))
    assert first_broken(entries, (4, entries[3][1])) == 4


def seal_1(previous, number):
    """As version 1 made it."""
    body = f'["org_1",{number},"2026-04-16T12:00:00Z","key.created","alice","key_{number}",{{"n":{number}}}]'
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


@pytest.mark.parametrize("kept", [SealedEntry("org_1", 18204, "2:" + "0a" * 32), SealedEntry("org_1", 1, "0a" * 32)])
def test_a_kept_seal_comes_back_from_its_text(kept):
    assert SealedEntry.parse(f" {kept}\n") == kept


@pytest.mark.parametrize("text", ["", "org_1", "org_1:1", "org_1:1:2:00", f"org_1:x:2:{'0' * 64}", f"o;1:1:{'0' * 64}"])
def test_what_is_no_seal_is_refused_by_name(text):
    with pytest.raises(ValidationFailed) as refused:
        SealedEntry.parse(text)
    assert list(refused.value.fields) == ["seal"]
