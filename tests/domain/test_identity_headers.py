"""What the API behind forward-auth is told about a key."""

from app.domain.identity_headers import IDENTITY_HEADERS, identity_headers
from app.domain.key_verification import KeyRecord


def test_every_identity_header_is_set_whoever_it_is_and_fits_in_a_header():
    record = KeyRecord(
        "key_1", "org_1", "Org", "CI\r\nX-Evil: ü", (), frozenset(), None, None, False, cache_generation=7
    )
    known, nobody = identity_headers(record), identity_headers(None)
    assert tuple(name for name, _ in known) == tuple(name for name, _ in nobody) == IDENTITY_HEADERS
    assert [value for _, value in known] == ["key_1", "org_1", "-", "CI%0D%0AX-Evil%3A%20%C3%BC", "7"]
    assert {value for _, value in nobody} == {"-"}
