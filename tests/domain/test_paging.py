"""Cursors."""

import base64

import pytest

from app.domain import paging
from app.domain.errors import ValidationFailed


def test_a_cursor_comes_back_as_it_went():
    assert paging.decode(paging.encode((17, "key_1")), int, str) == [17, "key_1"]
    assert paging.decode(None, int) is None
    assert paging.decode("", int) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        "é",
        paging.encode(("a",)),
        paging.encode((1, 2)),
        paging.encode((2**53,)),
        paging.encode((-1,)),
        "bnVsbA",
        paging.encode(("\ud800",)),
        "W1tbW1tb" * 40,
        base64.urlsafe_b64encode(b"[" * 200).decode(),
    ],
)
def test_a_foreign_cursor_is_refused_by_name(cursor):
    with pytest.raises(ValidationFailed) as refused:
        paging.decode(cursor, int)
    assert list(refused.value.details["fields"]) == ["cursor"]
