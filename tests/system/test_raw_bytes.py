"""One byte that is not ASCII: Granian hands the whole header over empty, and what is missed is told by its reason."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.servers import serving


@pytest.fixture
def ask(database, tmp_path):
    with serving(database, tmp_path, TRUSTED_HOPS="1") as server:
        parts = urlsplit(server.url)

        def ask(method, path, *headers):
            lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Length: 0", "Connection: close", *headers]
            with socket.create_connection((parts.hostname, parts.port), 10) as connection:
                connection.sendall("\r\n".join([*lines, "", ""]).encode())
                return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

        yield ask


def test_each_refusal_names_the_header_and_the_cure(ask):
    cookie = "Cookie: whs_session=x; user=José"
    for answer in (ask("GET", "/sign-in", cookie), ask("GET", "/v1/orgs", cookie)):
        assert "another program on this host has set a cookie" in answer
        assert "Delete the cookies of this host" in answer
    # The session would live on.
    assert ask("POST", "/v1/auth/sign-out", cookie).startswith("HTTP/1.1 400")
    for key in ("x-api-key: K\u00a0", "x-api-key: \u200bK", "Authorization: Bearer K\u00a0"):
        for path in ("/v1/me", "/v1/forward-auth/v1/notes"):
            answer = ask("GET", path, key)
            assert f"The header {key.partition(':')[0]} arrived empty" in answer
            assert "Copy the key again" in answer
    question = ("X-Original-Method: GET", "X-Original-URI: /v1/notes?q=café")
    assert "not ASCII and not percent-encoded" in ask("GET", "/v1/forward-auth", *question)
