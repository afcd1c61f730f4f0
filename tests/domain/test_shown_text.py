"""What clients say about themselves, made fit to be shown."""

import pytest

from app.domain.shown_text import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("curl/8", "curl/8"),
        ("", ""),
        ("a\x00b\n", "ab"),
        ("x" * 9, "x" * 8),
        ("é🔑", "é🔑"),
        ("\u202eevil", "evil"),
    ],
)
def test_what_cannot_be_printed_goes_and_the_rest_is_cut(text, expected):
    assert shown(text, 8) == expected
