"""Columns of an import file: known by whatever name, harmless, or refused."""

import pytest

from app.domain.errors import ValidationFailed
from app.domain.imported_columns import Columns


@pytest.mark.parametrize("name", ["Hash", " hash", "hashed_key", "hashedKey", "DIGEST", "key"])
def test_case_blanks_and_underscores_of_a_name_do_not_matter(name):
    assert Columns([name]).read({name: " x "}) == {"hash": "x"}


def test_columns_that_say_nothing_about_the_key_are_left_out():
    columns = Columns(["id", "hash", "userId", "created_at"])
    assert columns.read({"id": "1", "hash": "x", "userId": "7", "created_at": "2020"}) == {"hash": "x"}


@pytest.mark.parametrize("seen", [["prefix", "hash", "start"], ["start", "hash", "prefix"]])
def test_the_start_is_preferred_to_the_prefix(seen):
    assert Columns(seen).read({"hash": "x", "start": "whk_1234", "prefix": "whk_"})["start"] == "whk_1234"
    assert Columns(["hash", "prefix"]).read({"hash": "x", "prefix": "abcdefgh"})["start"] == "abcdefgh"


@pytest.mark.parametrize("text", ["NULL", "null", "\\N", ""])
def test_what_dumps_write_for_nothing_is_nothing(text):
    assert Columns(["hash", "expires"]).read({"hash": "x", "expires": text})["expires_at"] == ""


@pytest.mark.parametrize(
    ("seen", "problem"),
    [
        ([], "the first line names none"),
        (["hash;name"], "the first line names 'hash;name'"),
        (["hash", "quota", "remaining"], "unknown: 'quota', 'remaining'"),
        (["hash", ""], "unknown: ''"),
        (["hash", "expires", "Expires_At"], "expires and Expires_At mean the same"),
        (["hash", "hash"], "hash and hash mean the same"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_was_seen(seen, problem):
    with pytest.raises(ValidationFailed) as refused:
        Columns(seen)
    assert problem in refused.value.fields["columns"]


def test_a_column_that_is_ignored_may_be_anything():
    assert Columns(["hash", "expires", "expiry", "quota"], ["Quota", "expiry"]).read(
        {"hash": "x", "expires": "", "expiry": "y", "quota": "3"}
    ) == {"hash": "x", "expires_at": ""}


@pytest.mark.parametrize("row", [{"hash": "x", None: ["y"]}, {"hash": None}])
def test_a_row_has_a_value_for_each_column(row):
    with pytest.raises(ValidationFailed, match="one for each column"):
        Columns(["hash"]).read(row)
