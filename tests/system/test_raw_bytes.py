"""One byte that is not ASCII: Granian hands the whole header over empty, gunicorn the bytes, and what is missed is told
by its reason."""

import socket
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.servers import run, serving

GUNICORN = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", "127.0.0.1:{port}"]
KEYS = ("x-api-key: K\u00a0", "x-api-key: \u200bK", "Authorization: Bearer K\u00a0")
PATHS = ("/v1/me", "/v1/forward-auth/v1/notes")


@contextmanager
def asking(database, folder, **options):
    """A server with these options, and a function that asks it with headers of any characters."""
    with serving(database, folder, TRUSTED_HOPS="1", **options) as server:
        parts = urlsplit(server.url)

        def ask(method, path, *headers):
            lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Length: 0", "Connection: close", *headers]
            with socket.create_connection((parts.hostname, parts.port), 10) as connection:
                connection.sendall("\r\n".join([*lines, "", ""]).encode())
                return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

        yield ask


def test_each_refusal_names_the_header_and_the_cure(database, tmp_path):
    cookie = "Cookie: whs_session=x; user=José"
    with asking(database, tmp_path) as ask:
        for answer in (ask("GET", "/sign-in", cookie), ask("GET", "/v1/orgs", cookie)):
            assert "another program on this host has set a cookie" in answer
            assert "Delete the cookies of this host" in answer
        # The session would live on.
        assert ask("POST", "/v1/auth/sign-out", cookie).startswith("HTTP/1.1 400")
        for key in KEYS:
            for path in PATHS:
                answer = ask("GET", path, key)
                assert f"The header {key.partition(':')[0]} arrived empty" in answer
                assert "Copy the key again" in answer
        question = ("X-Original-Method: GET", "X-Original-URI: /v1/notes?q=café")
        assert "not ASCII and not percent-encoded" in ask("GET", "/v1/forward-auth", *question)


def test_a_server_that_hands_over_the_bytes_names_the_key_and_reads_the_cookies(database, tmp_path):
    assert run(database, tmp_path, "init").returncode == 0
    with asking(database, tmp_path, command=GUNICORN) as ask:
        for key in KEYS:
            for path in PATHS:
                answer = ask("GET", path, key)
                assert f"The key in {key.partition(':')[0]} has an invisible character, or one that is not" in answer
                assert answer.startswith("HTTP/1.1 401")
        answer = ask("GET", "/sign-in", "Cookie: user=José")
        assert answer.startswith("HTTP/1.1 200")
        assert "cannot be read" not in answer
