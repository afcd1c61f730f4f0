"""Bytes onto a connection and back, because clients that know better would tidy up what is sent."""

import re
import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    #: 0: the connection was closed, or stayed silent, without an answer.
    status: int
    head: str
    body: bytes

    def value(self, name: str) -> str:
        found = [
            line.partition(":")[2].strip()
            for line in self.head.splitlines()
            if line.lower().startswith(f"{name.lower()}:")
        ]
        return ", ".join(found)


def request(method: str, target: str, *headers: str, body: bytes = b"", host: str = "api.example.com") -> bytes:
    """`headers` are whole lines. Characters above 255 have no place in a request's head."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    if not any(line.lower().startswith("connection:") for line in headers):
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def send(port: int, data: bytes, seconds: float = 3) -> Reply:
    with socket.create_connection(("127.0.0.1", port), seconds) as connection:
        received = b""
        try:
            connection.sendall(data)
            while not _complete(received) and (chunk := connection.recv(65536)):
                received += chunk
        except (TimeoutError, ConnectionError):
            pass
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head.split()[1]) if head.startswith(b"HTTP/1.") else 0
    return Reply(status, head.decode("latin-1"), body)


def _complete(received: bytes) -> bool:
    """Whether nothing more is to come, although the connection stays open."""
    head, found, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(found) and (head.startswith(b"HTTP/1.1 101 ") or (length is not None and len(body) >= int(length[1])))
