"""With Keydesk slow, gone or not itself, no request reaches the API; once it is back, they do, without a restart."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.proxies.conftest import settings
from tests.proxies.recorder import recording
from tests.proxies.running import SAMPLES, running
from tests.proxies.wire import request, send
from tests.snippets.keydesk import Keydesk

#: What another program at Keydesk's address may answer.
NOT_KEYDESK = {
    "failing": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
    "overloaded": b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy",
    "a page": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\nIt works!",
    "nothing": b"HTTP/1.1 204 No Content\r\n\r\n",
    "elsewhere": b"HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\nContent-Length: 0\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\nX-Auth-Key-Id: key\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nX-Auth-Key-Id: key\r\nX-Auth-Org-Id: org",
    "noise": bytes(range(256)) * 4,
    "silence": b"",
}


CLOSED = 0


class Scene:
    """The proxies before a Keydesk of their own."""

    def __init__(self, keydesk, upstream, proxies):
        self.keydesk, self.upstream, self.proxies = keydesk, upstream, proxies
        self.key = keydesk.key("agent:rw")["key"]

    def ask(self):
        """A request with a good key, one without and a handshake through each proxy, all at once: the statuses."""
        handshake = [
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        requests = [
            request("POST", "/v1/listen", f"X-Api-Key: {self.key}", body=b"RIFF"),
            request("POST", "/v1/listen", body=b"RIFF"),
            request("GET", f"/v1/listen?token={self.key}", *handshake),
        ]
        asked = [(proxy, data) for proxy in self.proxies for data in requests]
        with ThreadPoolExecutor(len(asked)) as pool:
            replies = list(pool.map(lambda one: send(one[0].port, one[1], 15), asked))
        statuses: dict[str, list[int]] = {proxy.name: [] for proxy in self.proxies}
        for (proxy, _), reply in zip(asked, replies, strict=True):
            statuses[proxy.name].append(reply.status)
        return statuses

    def passes(self):
        return all(statuses[:2] == [200, 401] for statuses in self.ask().values())


@pytest.fixture
def scene(sqlite, upstream, tmp_path):
    with Keydesk(sqlite.fresh(tmp_path), tmp_path, **settings(tmp_path)) as keydesk, ExitStack() as stack:
        ports = {"keydesk": keydesk.port, "upstream": upstream.port}
        proxies = [stack.enter_context(running(name, tmp_path / name, **ports)) for name in SAMPLES]
        yield Scene(keydesk, upstream, proxies)


def test_nothing_passes_while_keydesk_is_slow_or_gone_or_not_itself(scene):
    assert scene.passes()
    before = len(scene.upstream.hits)
    with scene.keydesk.held():
        began = time.monotonic()
        assert scene.ask() == dict.fromkeys(SAMPLES, [503] * 3) | {"caddy": [504] * 3}
        assert time.monotonic() - began < 10
    assert scene.upstream.since(before) == []
    assert scene.passes()
    before = len(scene.upstream.hits)
    scene.keydesk.stop()
    try:
        assert scene.ask() == dict.fromkeys(SAMPLES, [503] * 3) | {"caddy": [502] * 3}
        said = {}
        for name, answer in NOT_KEYDESK.items():
            with recording(lambda _, talk, answer=answer: bool(talk.wfile.write(answer)) and False, scene.keydesk.port):
                said[name] = scene.ask()
        for statuses in said.values():
            # Envoy hands the client what it cannot read as a permission; the others say that something is wrong.
            assert 200 not in statuses["envoy"]
            assert {*statuses["nginx"], *statuses["caddy"], *statuses["haproxy"], *statuses["apache"]} <= {
                500,
                502,
                503,
                CLOSED,
            }
        assert scene.upstream.since(before) == []
    finally:
        scene.keydesk.start()
    assert scene.passes()
