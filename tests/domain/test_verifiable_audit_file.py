"""A file with an audit log: whatever is changed, moved, taken out or cut off shows, without a database."""

import json
from datetime import UTC, datetime

import pytest

from app.domain import verifiable_audit_file
from app.domain.audit_chain import SealedEntry
from app.domain.errors import ValidationFailed
from tests.domain.test_audit_chain import chain, chain_that_began_with_version_1

AT = datetime(2026, 4, 16, 12, 0, tzinfo=UTC)


def exported(entries, head, org_id="org_1"):
    return list(verifiable_audit_file.whole(org_id, "Acme “é”", AT, entries, head))


@pytest.fixture
def lines():
    return exported(*chain(5))


def problem(lines, kept=None):
    return verifiable_audit_file.check(lines, kept).problem


def changed(line, **values):
    return json.dumps(json.loads(line) | values)


def kept(lines, number):
    return SealedEntry("org_1", number, json.loads(lines[number])["seal"])


@pytest.mark.parametrize("length", [0, 1, 5])
def test_an_untouched_file_is_whole(length):
    found = verifiable_audit_file.check(exported(*chain(length)))
    assert (found.org_id, found.organization, found.entries, found.problem) == ("org_1", "Acme “é”", length, None)
    assert problem(exported(*chain_that_began_with_version_1())) is None


def test_a_seal_that_somebody_kept_fits_whatever_came_after_it(lines):
    for number in range(1, 6):
        assert problem(lines, kept(lines, number)) is None


@pytest.mark.parametrize(
    "values",
    [
        {"actor": "bob"},
        {"at": 1},
        {"details": '{"n": 9}'},
        {"seal": "2:" + "0" * 64},
        {"sequence": 4},
        {"sequence": 3.0},
        {"org_id": "org_2"},
        {"extra": 1},
        {"seal": None},
        {"details": {"n": 3}},
    ],
)
def test_a_changed_entry_shows_where_it_is(lines, values):
    lines[3] = changed(lines[3], **values)
    found = verifiable_audit_file.check(lines)
    assert (found.entries, found.problem) == (
        2,
        "is broken at entry 3: it was changed, or is missing, or is not in its place",
    )


@pytest.mark.parametrize("broken", ["", "{", "[]", "null", "[" * 100_000])
def test_a_line_that_is_no_entry_shows(lines, broken):
    assert "broken at entry 2" in problem([*lines[:2], broken, *lines[3:]])


def test_a_gap_and_another_order_show(lines):
    assert "broken at entry 2" in problem([*lines[:2], *lines[3:]])
    assert "broken at entry 2" in problem([*lines[:2], lines[3], lines[2], *lines[4:]])


def test_a_shortened_file_shows(lines):
    assert problem(lines[:-1]) == "was shortened: it ends after entry 5, without its last line"
    assert "its last line names another one" in problem([*lines[:5], lines[6]])
    assert problem([*lines, lines[5]]) == "goes on after its last line"


def test_what_was_shortened_whole_shows_by_a_seal(lines):
    shorter = exported(*chain(3))
    assert problem(shorter) is None
    assert problem(shorter, kept(lines, 5)) == (
        "ends after entry 3, and the seal is of entry 5: it was shortened, or exported before"
    )


def test_what_was_sealed_anew_shows_by_a_seal(lines):
    other = SealedEntry("org_1", 3, "2:" + "0" * 64)
    assert problem(lines, other) == "does not fit the seal of entry 3: the log was changed and sealed anew"


def test_another_organization_shows_by_a_seal(lines):
    other = SealedEntry("org_2", 3, json.loads(lines[3])["seal"])
    assert "another organization" in problem(lines, other)
    renamed = [line.replace("org_1", "org_2") for line in lines]
    assert "broken at entry 1" in problem(renamed)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "beginning may be missing"),
        (["id,at\n"], "beginning may be missing"),
        (exported(*chain(2))[1:], "beginning may be missing"),
        ([verifiable_audit_file.line({"note": verifiable_audit_file.PROVES_NOTHING})], "download the whole log"),
    ],
)
def test_what_is_no_whole_log_is_refused_by_name(lines, said):
    with pytest.raises(ValidationFailed, match=said) as refused:
        verifiable_audit_file.check(lines)
    assert list(refused.value.fields) == ["file"]
