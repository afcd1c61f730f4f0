"""Which credential a request presents."""

import pytest

from app.domain.credentials import is_websocket_handshake, presented
from app.domain.errors import AmbiguousCredentials


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
