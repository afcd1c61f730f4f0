"""Base62, digits first."""

from app.domain import base62


def test_base62_pads_to_the_left():
    assert base62.encode(0, 6) == "000000"
    assert base62.encode(61, 2) == "0z"
    assert base62.encode(62, 2) == "10"
