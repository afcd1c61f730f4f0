"""The code that a person types."""

import re

import pytest

from app.domain import device_user_code


def test_a_code_is_two_groups_of_four_consonants():
    for _ in range(100):
        assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", device_user_code.make())


@pytest.mark.parametrize(
    "typed", ["WDJB-MJHT", "wdjbmjht", " w d j b\tm j h t ", "WDJB–MJHT", "WDJBAEIMJHT1", "ＷＤＪＢ－ＭＪＨＴ"]
)
def test_however_it_is_typed_it_is_the_code_that_was_shown(typed):
    assert device_user_code.normalise(typed) == "WDJB-MJHT"


def test_what_is_too_short_or_too_long_is_no_code():
    for typed in ("", "WDJB-MJH", "WDJB-MJHTT", "\ud800"):
        assert device_user_code.normalise(typed) is None
