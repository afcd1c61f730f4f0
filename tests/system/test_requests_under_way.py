"""A request whose body is still to come when its person loses their rights does nothing with them."""

import socket
from contextlib import contextmanager
from itertools import product
from urllib.parse import urlencode, urlsplit

from tests.system.visitors import Visitor, query


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


def member(alice, operator, email):
    """A new member of alice's organization, signed in."""
    operator.run("members", "add", alice.org, email)
    visitor = Visitor(alice.server).sign_in(email)
    visitor.org = alice.org
    return visitor


FORM = urlencode({"name": "Late", "scopes": "notes:read", "expires": "30", "overlap": "0"})
FORM_TYPE = "application/x-www-form-urlencoded"
REQUESTS = {
    "create a key": ("/v1/orgs/{org}/keys", '{"name": "Late"}', "application/json"),
    "create a key by the form": ("/orgs/{org}/keys/new", FORM, FORM_TYPE),
    "rotate a key by the form": ("/orgs/{org}/keys/{key}/rotate", FORM, FORM_TYPE),
}
LOSSES = {
    "removed": ("members", "remove", "{org}", "{email}", "--keys", "keep"),
    "disabled": ("members", "disable", "{email}"),
}


def test_who_lost_their_rights_meanwhile_creates_nothing(servers, database, operator, subtests):
    (server,) = servers(1)
    with Visitor(server) as alice:
        alice.sign_in("alice@example.com")
        for number, (loss, what) in enumerate(product(LOSSES, REQUESTS)):
            email = f"bob{number}@example.com"
            with member(alice, operator, email) as bob, subtests.test(f"{what}, {loss}"):
                key = bob.create_key()["id"]
                path, body, content_type = REQUESTS[what]
                with held(bob, path.format(org=bob.org, key=key), body, content_type) as finish:
                    operator.run(*(word.format(org=bob.org, email=email) for word in LOSSES[loss]))
                    assert finish() in {302, 401, 403, 404}
                assert query(database, "SELECT count(*) FROM api_key")[0][0] == number + 1
                assert query(database, "SELECT count(*) FROM api_key WHERE revoked_at IS NOT NULL")[0][0] == 0
