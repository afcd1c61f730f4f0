"""Marks of browsers that have signed in with an address."""

import pytest

from app.domain.known_browser_cookie import MAX_MARKS, is_known, marked
from app.domain.secret import Secret

KEYS = [Secret("a secret of this server")]
EMAIL = "alice@example.com"


def test_a_browser_is_known_for_the_address_that_it_signed_in_with_and_no_other():
    cookie = marked("", EMAIL, KEYS)
    assert is_known(cookie, EMAIL, KEYS)
    assert not is_known(cookie, "bob@example.com", KEYS)
    assert "alice" not in cookie


@pytest.mark.parametrize("cookie", ["", ".", "x" * 64, "ä", marked("", EMAIL, [Secret("another server's")])])
def test_a_mark_that_is_not_ours_is_none(cookie):
    assert not is_known(cookie, EMAIL, KEYS)


def test_a_browser_is_known_for_its_last_addresses():
    cookie = ""
    for number in range(MAX_MARKS + 1):
        cookie = marked(cookie, f"person{number}@example.com", KEYS)
    known = [is_known(cookie, f"person{number}@example.com", KEYS) for number in range(MAX_MARKS + 1)]
    assert known == [False] + [True] * MAX_MARKS
    assert marked(cookie, f"person{MAX_MARKS}@example.com", KEYS) == cookie


def test_marks_outlive_a_change_of_the_secret_and_are_signed_anew():
    old, new = Secret("old"), Secret("new")
    cookie = marked("", EMAIL, [old])
    assert is_known(cookie, EMAIL, [old, new])
    assert marked(cookie, EMAIL, [old, new]) == marked("", EMAIL, [new])
