"""`serve` with two worker processes: one Keydesk, whichever of them answers."""

import http.client
import json
import time
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import psutil
import pytest

from tests.servers import run, serving
from tests.system.visitors import Visitor, query

BOTH = pytest.mark.databases("sqlite", "postgresql")


@pytest.fixture
def server(database, tmp_path, valkey):
    valkey.client().flushall()
    with serving(database, tmp_path, WORKERS="2", VALKEY_URL=valkey.connection_url) as server:
        yield server


class Workers:
    """A connection to each worker process. Which one holds a connection is read from the system's own table."""

    def __init__(self, server):
        self._server = server
        self._open = ExitStack()
        self.connections = {}

    def __enter__(self):
        deadline = time.monotonic() + 20
        while len(self.connections) < 2 and time.monotonic() < deadline:
            connection = self._open.enter_context(
                closing(http.client.HTTPConnection(urlsplit(self._server.url).netloc, timeout=30))
            )
            send(connection, "GET", "/healthz")
            self.connections.setdefault(self._holder(connection.sock.getsockname()[1]), connection)
        assert len(self.connections) == 2, self.connections
        return list(self.connections.values())

    def __exit__(self, *_):
        self._open.close()

    def _holder(self, port):
        for worker in psutil.Process(self._server.process.pid).children():
            if any(found.raddr and found.raddr.port == port for found in worker.net_connections("tcp")):
                return worker.pid
        raise AssertionError("no worker holds this connection")


def send(connection, method, path, body=None, **headers):
    connection.request(method, path, body, headers)
    with connection.getresponse() as response:
        content = response.read()
        return response.status, json.loads(content) if content.startswith(b"{") else {}


@BOTH
def test_sessions_and_keys_are_the_same_in_both_workers(server, database):
    with Visitor(server) as visitor, Workers(server) as (one, other):
        visitor.sign_in("alice@example.com")
        cookie, keys = f"whs_session={visitor.session}", f"/v1/orgs/{visitor.org}/keys"
        for here, there in ((one, other), (other, one)):
            kind = {"Content-Type": "application/json"}
            status, made = send(here, "POST", keys, '{"name": "CI"}', Cookie=cookie, **kind)
            assert status == 201
            key, key_id = made["data"]["key"], made["data"]["id"]
            for worker in (there, here):
                assert send(worker, "GET", "/v1/me", **{"x-api-key": key})[0] == 200
            assert send(there, "POST", f"{keys}/{key_id}/revoke", Cookie=cookie)[0] == 200
            for worker in (here, there):
                status, answer = send(worker, "GET", "/v1/me", **{"x-api-key": key})
                assert (status, answer["error_code"]) == (401, "KEY_REVOKED")
        assert send(one, "POST", "/v1/auth/sign-out", Cookie=cookie)[0] == 204
        assert send(other, "GET", "/v1/orgs", Cookie=cookie)[0] == 401
    assert server.stop() == 0
    assert query(database, "SELECT sum(requests) FROM usage_hour") == [(8,)]


def ask_for_links(workers, count):
    """In turns, through a proxy, so that no link is shown. The statuses of the answers."""
    headers = {"Content-Type": "application/json", "X-Forwarded-For": "198.51.100.7"}
    body = '{"email": "alice@example.com"}'
    return [send(workers[n % 2], "POST", "/v1/auth/request", body, **headers)[0] for n in range(count)]


def test_limits_count_both_workers_together_and_those_on_links_hold_with_valkey_gone(server, valkey):
    with Workers(server) as workers:
        assert ask_for_links(workers, 3) == [200] * 3
        client = valkey.client()
        counts = {name.decode(): int(client.get(name)) for name in client.keys("*127.0.0.1*")}
        client.close()
        assert list(counts.values()) == [3], counts
        valkey.stop()
        try:
            assert ask_for_links(workers, 4) == [200] * 2 + [429] * 2
        finally:
            valkey.start()


def test_two_workers_without_valkey_are_refused_with_what_to_do(database, tmp_path):
    refused = run(database, tmp_path, "serve", WORKERS="2")
    assert refused.returncode == 2
    assert "WORKERS is 2" in refused.stderr
    assert "set VALKEY_URL, or WORKERS=1" in refused.stderr
