"""The ID of the request that a thread answers."""

from app.logs.request_id import REQUEST_ID, answering


def test_it_is_that_of_the_innermost_request_and_of_none_outside():
    with answering("a"):
        with answering("b"):
            assert REQUEST_ID.get() == "b"
        assert REQUEST_ID.get() == "a"
    assert REQUEST_ID.get() == ""
