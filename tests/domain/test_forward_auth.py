"""What a proxy asks about. How whole questions are answered is in tests/wsgi."""

import pytest

from app.domain import forward_auth
from app.domain.forward_auth import MAX_METHOD_LENGTH, MAX_PATH_LENGTH, Asked, NotCanonical, NothingAsked

NOTES = Asked("GET", "/v1/notes", "")


def test_a_pair_of_headers_asks_about_a_method_a_raw_path_and_a_query():
    assert forward_auth.by_uri("GET", "/v1/notes") == NOTES
    assert forward_auth.by_uri("POST", "/a%20b/%C3%A9?x=%2e&y=a/b") == Asked("POST", "/a b/é", "x=%2e&y=a/b")


@pytest.mark.parametrize(
    ("method", "uri"), [(None, "/"), ("", "/"), ("GET", None), ("G" * (MAX_METHOD_LENGTH + 1), "/")]
)
def test_half_a_pair_or_an_endless_method_asks_nothing(method, uri):
    with pytest.raises(NothingAsked):
        forward_auth.by_uri(method, uri)


def test_the_longest_path_is_read_and_a_longer_one_is_not():
    longest = "/" + "a" * (MAX_PATH_LENGTH - 1)
    for ask in (forward_auth.by_uri, lambda method, path: forward_auth.by_path(method, path, "")):
        assert ask("GET", longest).path == longest
        with pytest.raises(NotCanonical):
            ask("GET", longest + "a")


@pytest.mark.parametrize(
    "decoded", ["", "v1", "//a", "/a\\b", "/../a", "/a;b", "/./a", "/a/.", "/%2e", "/%2E%2e/a", "/%252f", "/\n"]
)
def test_a_decoded_path_with_several_readings_is_refused(decoded):
    with pytest.raises(NotCanonical):
        forward_auth.by_path("GET", decoded, "")


def test_a_query_holds_visible_ascii_only():
    for query in ("a b", "a\x00"):
        with pytest.raises(NotCanonical):
            forward_auth.by_uri("GET", f"/?{query}")


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("/report..final.pdf", "/report..final.pdf"),
        ("/..hidden/a..", "/..hidden/a.."),
        ("/.well-known/x", "/.well-known/x"),
        ("/100%25.txt", "/100%.txt"),
        ("/100%25", "/100%"),
        ("/%7Ebob", "/~bob"),
        ("/v1/%6eotes", "/v1/notes"),
        ("/a[1].txt", "/a[1].txt"),
        ("/a%252eb", "/a%2eb"),
        ("/caf\xc3\xa9", "/café"),
        ("/caf%C3%A9", "/café"),
    ],
)
def test_what_has_one_reading_passes_and_is_decoded_once(uri, path):
    assert forward_auth.by_uri("GET", uri) == Asked("GET", path, "")
    assert forward_auth.by_path("GET", path, "") == Asked("GET", path, "")


@pytest.mark.parametrize(
    ("uri", "seen"),
    [
        ("/v1//notes", "an empty segment"),
        ("/a/../b", "a dot segment"),
        ("/a/.", "a dot segment"),
        ("/a/%2e%2E/b", "a dot segment"),
        ("/a/.%2e", "a dot segment"),
        ("/a/%252e./b", "a dot segment"),
        ("/a/%25252e", "a dot segment"),
        ("/a;b", "a semicolon"),
        ("/a%3Bb", "a semicolon"),
        ("/a\\b", "a backslash"),
        ("/a%5cb", "a backslash"),
        ("/a%255Cb", "a backslash"),
        ("/a%2fb", "an encoded slash"),
        ("/a%252Fb", "an encoded slash"),
        ("/..%ef%bc%8fadmin", "a full-width slash"),
        ("/a%ef%bc%bcb", "a full-width slash or backslash"),
        ("/a%00", "a control character"),
        ("/a%0d%0ab", "a control character"),
        ("/a%2500", "a control character"),
        ("/%c0%af", "an overlong encoding"),
        ("/a%zz", "a percent sign"),
        ("/a%", "a percent sign"),
        ("/a#b", "'#'"),
        ("/a b", "' '"),
        ("a", "does not start with a slash"),
        ("", "not ASCII"),
    ],
)
def test_a_refusal_names_what_it_saw(uri, seen):
    with pytest.raises(NotCanonical, match=seen):
        forward_auth.by_uri("GET", uri)


def test_a_raw_byte_in_a_query_is_read_as_if_percent_encoded():
    assert forward_auth.by_uri("GET", "/v1/notes?q=caf\xc3\xa9") == Asked("GET", "/v1/notes", "q=caf%C3%A9")


def test_two_ways_of_asking_must_mean_the_same():
    encoded, decoded = forward_auth.by_uri("GET", "/a%20b?x=1"), Asked("GET", "/a b", "x=1")
    assert forward_auth.agreed(None, decoded) == decoded
    assert forward_auth.agreed(encoded, decoded) == decoded
    for other in (decoded._replace(method="POST"), decoded._replace(path="/a"), decoded._replace(query="x=2")):
        with pytest.raises(NothingAsked):
            forward_auth.agreed(encoded, other)
