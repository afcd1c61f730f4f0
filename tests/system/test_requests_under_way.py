"""A request whose body is still to come when its person loses their rights does nothing with them."""

import socket
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

import pytest

from tests.servers import run
from tests.system.visitors import Visitor, query


@pytest.fixture
def server(servers):
    return servers(1)[0]


@contextmanager
def held(visitor, path, body, content_type):
    """Sends the head of a request; yields a function that sends its body and returns the status."""
    address = urlsplit(visitor.server.url)
    head = [
        f"POST {path} HTTP/1.1",
        f"Host: {address.netloc}",
        f"Cookie: whs_session={visitor.session}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())

        def finish() -> int:
            connection.sendall(body.encode())
            return int(connection.makefile("rb").readline().split()[1])

        yield finish


@pytest.fixture
def bob(server, database, tmp_path):
    """A member of alice's organization, with a key there."""
    with Visitor(server) as alice, Visitor(server) as bob:
        alice.sign_in("alice@example.com")
        added = run(database, tmp_path, "members", "add", alice.org, "bob@example.com")
        assert added.returncode == 0, added.stderr
        bob.sign_in("bob@example.com")
        bob.org = alice.org
        yield bob


@pytest.mark.parametrize(
    "command",
    [("members", "remove", "{org}", "{email}", "--keys", "keep"), ("members", "disable", "{email}")],
    ids=["removed", "disabled"],
)
@pytest.mark.parametrize("what", ["create a key", "create a key by the form", "rotate a key by the form"])
def test_who_lost_their_rights_meanwhile_creates_nothing(bob, database, tmp_path, command, what):
    key = bob.create_key()
    form = urlencode({"name": "Late", "scopes": "notes:read", "expires": "30", "overlap": "0"})
    path, body, content_type = {
        "create a key": (f"/v1/orgs/{bob.org}/keys", '{"name": "Late"}', "application/json"),
        "create a key by the form": (f"/orgs/{bob.org}/keys/new", form, "application/x-www-form-urlencoded"),
        "rotate a key by the form": (
            f"/orgs/{bob.org}/keys/{key['id']}/rotate",
            form,
            "application/x-www-form-urlencoded",
        ),
    }[what]
    with held(bob, path, body, content_type) as finish:
        words = [word.format(org=bob.org, email="bob@example.com") for word in command]
        done = run(database, tmp_path, *words)
        assert done.returncode == 0, done.stderr
        assert finish() in {302, 401, 403, 404}
    assert query(database, "SELECT count(*) FROM api_key")[0][0] == 1
    assert query(database, "SELECT count(*) FROM api_key WHERE revoked_at IS NOT NULL")[0][0] == 0
