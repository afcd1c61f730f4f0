"""Which credential a request presents."""

import pytest

from app.domain.credentials import is_websocket_handshake, presented, presented_key
from app.domain.errors import AmbiguousCredentials


def header(x_api_key=None, authorization=None):
    return x_api_key, authorization


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
    assert presented_key(*header(**headers)) == "K"


def test_a_websocket_handshake_may_carry_it_in_the_query():
    assert presented_key(*header(), ["K"]) == "K"


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic K"}, {"authorization": "Bearer "}, {"x_api_key": ""}])
def test_nothing_that_is_accepted_is_nothing(headers):
    assert presented_key(*header(**headers)) is None


def test_two_different_ones_are_ambiguous():
    with pytest.raises(AmbiguousCredentials):
        presented_key(*header(x_api_key="K", authorization="Bearer L"))
    with pytest.raises(AmbiguousCredentials):
        presented_key(*header(x_api_key="K"), ["L"])


def test_a_header_or_query_sent_twice_with_different_keys_is_ambiguous():
    for headers, tokens in [
        ({"x_api_key": "K,L"}, []),
        ({"authorization": "Bearer K, Token L"}, []),
        ({}, ["K", "L"]),
    ]:
        with pytest.raises(AmbiguousCredentials):
            presented_key(*header(**headers), tokens)
    assert presented_key(*header(x_api_key="K, K", authorization="Bearer K,Token K"), ["K"]) == "K"


@pytest.mark.parametrize(
    ("method", "headers", "is_handshake"),
    [
        ("GET", {"upgrade": "websocket"}, True),
        ("GET", {"upgrade": "WebSocket"}, True),
        ("GET", {"sec_websocket_key": "x"}, True),
        ("POST", {"upgrade": "websocket"}, False),
        ("GET", {"upgrade": "h2c"}, False),
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
