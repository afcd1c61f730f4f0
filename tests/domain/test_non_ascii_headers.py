"""What is said of headers that arrive empty."""

import pytest

from app.domain.non_ascii_headers import credential_problem, has_unreadable_cookies


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"HTTP_X_API_KEY": ""}, "x-api-key"),
        ({"HTTP_AUTHORIZATION": ""}, "Authorization"),
        ({"HTTP_X_INSTALL_ID": ""}, "x-install-id"),
    ],
)
def test_the_header_that_arrived_empty_is_named(environ, named):
    assert f"The header {named} arrived empty" in credential_problem(environ)


def test_a_request_without_such_headers_or_from_a_proxy_that_sends_all_empty_has_no_such_problem():
    everything = dict.fromkeys(("HTTP_X_API_KEY", "HTTP_AUTHORIZATION", "HTTP_X_INSTALL_ID"), "")
    for environ in ({}, {"HTTP_X_API_KEY": "K"}, everything):
        assert credential_problem(environ) is None


def test_cookies_are_unreadable_if_their_header_is_empty():
    assert has_unreadable_cookies({"HTTP_COOKIE": ""})
    assert not has_unreadable_cookies({})
    assert not has_unreadable_cookies({"HTTP_COOKIE": "a=b"})
