"""Which credential a request presents."""

import pytest

from app.domain.errors import AmbiguousCredentials, InvalidKey, KeyRevoked, MissingCredential
from app.domain.presented_credentials import explained, is_websocket_handshake, presented


def latin_1(text):
    """As servers that read the bytes of a header hand them over (PEP 3333)."""
    return text.encode().decode("latin-1")


def key_of(tokens=(), **headers):
    """`x_api_key` and `authorization`, as WSGI has them."""
    key, _ = presented({f"HTTP_{name.upper()}": value for name, value in headers.items()}, tokens)
    return key


@pytest.mark.parametrize(
    "headers",
    [
        {"x_api_key": "K"},
        {"authorization": "Bearer K"},
        {"authorization": "Token K"},
        {"authorization": "bearer  K "},
        {"authorization": "TOKEN K"},
        {"x_api_key": "K", "authorization": "Bearer K"},
    ],
)
def test_every_style_presents_the_same_key(headers):
    assert key_of(**headers) == "K"


def test_a_websocket_handshake_may_carry_it_in_the_query():
    assert key_of(["K"]) == "K"


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic K"}, {"authorization": "Bearer "}, {"x_api_key": ""}])
def test_nothing_that_is_accepted_is_nothing(headers):
    assert key_of(**headers) is None


def test_two_different_ones_are_ambiguous():
    with pytest.raises(AmbiguousCredentials):
        key_of(x_api_key="K", authorization="Bearer L")
    with pytest.raises(AmbiguousCredentials):
        key_of(["L"], x_api_key="K")


def test_a_header_or_query_sent_twice_with_different_keys_is_ambiguous():
    for headers, tokens in [
        ({"x_api_key": "K,L"}, []),
        ({"authorization": "Bearer K, Token L"}, []),
        ({}, ["K", "L"]),
    ]:
        with pytest.raises(AmbiguousCredentials):
            key_of(tokens, **headers)
    assert key_of(["K"], x_api_key="K, K", authorization="Bearer K,Token K") == "K"


@pytest.mark.parametrize(
    ("method", "headers", "is_handshake"),
    [
        ("GET", {"upgrade": "websocket", "sec_websocket_key": "x"}, True),
        ("GET", {"upgrade": "WebSocket", "sec_websocket_key": "x"}, True),
        ("GET", {"upgrade": "websocket"}, False),
        ("GET", {"sec_websocket_key": "x"}, False),
        ("GET", {"upgrade": "websocket", "sec_websocket_key": ""}, False),
        ("POST", {"upgrade": "websocket", "sec_websocket_key": "x"}, False),
        ("GET", {"upgrade": "h2c", "sec_websocket_key": "x"}, False),
        ("GET", {}, False),
    ],
)
def test_a_websocket_handshake_is_a_get_that_says_so(method, headers, is_handshake):
    assert is_websocket_handshake(method, headers.get("upgrade"), headers.get("sec_websocket_key")) is is_handshake


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, (None, None)),
        ({"HTTP_X_INSTALL_ID": ""}, (None, None)),
        ({"HTTP_X_INSTALL_ID": "id"}, (None, "id")),
        ({"HTTP_X_API_KEY": "key", "HTTP_X_INSTALL_ID": ""}, ("key", None)),
        ({"HTTP_AUTHORIZATION": "Bearer key"}, ("key", None)),
    ],
)
def test_a_request_presents_a_key_or_an_install_id(environ, found):
    assert presented(environ) == found


def test_a_key_beside_an_install_id_is_ambiguous():
    with pytest.raises(AmbiguousCredentials):
        presented({"HTTP_X_API_KEY": "key", "HTTP_X_INSTALL_ID": "id"})


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"x_api_key": '"K"'}, "x-api-key is in quotation marks"),
        ({"x_api_key": "'K'"}, "x-api-key is in quotation marks"),
        ({"x_api_key": "`K`"}, "x-api-key is in quotation marks"),
        ({"x_api_key": "Bearer K"}, "x-api-key begins with the word Bearer"),
        ({"x_api_key": "x", "authorization": "Bearer Bearer K"}, "Authorization begins with the word Bearer"),
        ({"authorization": "Bearer token K"}, "Authorization begins with the word token"),
        ({"authorization": 'Bearer "K"'}, "Authorization is in quotation marks"),
        ({"x_api_key": latin_1("K\u200b")}, "x-api-key has an invisible character, or one that is not ASCII"),
        ({"x_api_key": latin_1("K\u00a0")}, "x-api-key has an invisible character, or one that is not ASCII"),
        ({"x_api_key": latin_1("\ufeffK")}, "x-api-key has an invisible character, or one that is not ASCII"),
        ({"x_api_key": "K\x7f"}, "x-api-key has an invisible character, or one that is not ASCII"),
        (
            {"authorization": latin_1("Bearer \u200bK")},
            "Authorization has an invisible character, or one that is not ASCII",
        ),
    ],
)
def test_what_looks_wrong_with_a_key_that_does_not_exist_is_said(headers, said):
    environ = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    assert said in explained(InvalidKey(), environ).detail


@pytest.mark.parametrize(
    ("authorization", "said"),
    [
        ("whk_12345678", "has no scheme before the key"),
        ("whk_12345678 x", "has no scheme before the key"),
        ("Api-Key whk_1", "has the scheme Api-Key, which is not accepted"),
        ("Basic x", "has the scheme Basic, which is not accepted"),
        ("Bearer\twhk_1", "put a space after Bearer, not a tab"),
        ("Bearer", "has nothing after Bearer"),
        ("token ", "has nothing after token"),
        (latin_1("Bearer\u00a0whk_1"), "has an invisible character, or one that is not ASCII"),
        (latin_1("\u200bBearer whk_1"), "has an invisible character, or one that is not ASCII"),
    ],
)
def test_what_looks_wrong_with_a_header_without_a_key_is_said_without_the_key(authorization, said):
    error = explained(MissingCredential(), {"HTTP_AUTHORIZATION": authorization})
    assert said in error.detail
    assert isinstance(error, MissingCredential)
    assert "whk_" not in error.detail


def test_an_error_about_anything_else_stays_as_it_is():
    for error in (KeyRevoked(), InvalidKey(), MissingCredential()):
        assert explained(error, {"HTTP_X_API_KEY": "K"}) is error
