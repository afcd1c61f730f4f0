"""A server that records every request as it came over the wire, and answers as it is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socketserver import StreamRequestHandler, ThreadingTCPServer


@dataclass(frozen=True)
class Hit:
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def values(self, name: str) -> list[str]:
        """Every value of a header, read as a server reads it that takes `_` for `-`."""
        return [value for found, value in self.headers if found.lower().replace("_", "-") == name.lower()]

    def value(self, name: str) -> str:
        return ", ".join(self.values(name))

    @property
    def raw_head(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers), "", ""]
        return "\r\n".join(lines).encode("latin-1")


class Recorder(ThreadingTCPServer):
    """`answer` writes the response; it returns whether the connection may carry another request."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Callable[[Hit, "Conversation"], bool], port: int = 0) -> None:
        self.answer = answer
        self.hits: list[Hit] = []
        super().__init__(("127.0.0.1", port), Conversation)
        self.port = int(self.server_address[1])

    def since(self, count: int) -> list[Hit]:
        return self.hits[count:]


class Conversation(StreamRequestHandler):
    server: Recorder

    def handle(self) -> None:
        try:
            while (hit := self._read()) is not None:
                self.server.hits.append(hit)
                if not self.server.answer(hit, self):
                    break
        except (ConnectionError, TimeoutError):
            pass

    def reply(self, status: str, body: bytes = b"", **headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
        self.wfile.write("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body)

    def _read(self) -> Hit | None:
        line = self.rfile.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            return None
        method, _, rest = line.partition(" ")
        headers = []
        while field := self.rfile.readline().decode("latin-1").rstrip("\r\n"):
            name, _, value = field.partition(":")
            headers.append((name, value.strip()))
        hit = Hit(method, rest.rpartition(" ")[0], tuple(headers), b"")
        return Hit(hit.method, hit.target, hit.headers, self._body(hit))

    def _body(self, hit: Hit) -> bytes:
        if hit.value("transfer-encoding").lower() != "chunked":
            return self.rfile.read(int(hit.value("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body


@contextmanager
def recording(answer: Callable[[Hit, Conversation], bool], port: int = 0) -> Iterator[Recorder]:
    with Recorder(answer, port) as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield server
        server.shutdown()
