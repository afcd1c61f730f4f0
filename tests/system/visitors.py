"""People and programs that visit real servers, several of them if they like."""

import http.client
import itertools
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import NullPool, create_engine, text

from tests.servers import Server

_numbers = itertools.count()


def new_address() -> str:
    """An address of this machine that no limit has seen: a client can connect from it, and is shown dev secrets."""
    number = next(_numbers) % 60_000
    return f"127.18.{number // 250}.{number % 250 + 1}"


def query(database_url: str, sql: str, **values: Any) -> list[Any]:
    """Rows of a server's database, read (or changed) behind its back."""
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(sql), values)
        return list(result) if result.returns_rows else []


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        transport = httpx.HTTPTransport(verify=False, local_address=new_address())
        self.http = httpx.Client(transport=transport, timeout=30)
        self.org = ""

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def dev_link(self, email: str) -> str:
        """The path and query of a sign-in link, as dev mode shows it."""
        answer = self.http.post(f"{self.server.url}/v1/auth/request", json={"email": email})
        assert answer.status_code == 200, answer.text
        parts = urlsplit(answer.json()["devLink"])
        return f"{parts.path}?{parts.query}"

    def sign_in(self, email: str) -> "Visitor":
        answer = self.http.get(self.server.url + self.dev_link(email))
        assert answer.status_code == 302, answer.text
        self.org = self.http.get(f"{self.server.url}/v1/orgs").json()["data"][0]["id"]
        return self

    @property
    def session(self) -> str:
        return self.http.cookies["whs_session"]

    def create_key(self, server: Server | None = None, *, patient: bool = False, **body: Any) -> dict[str, Any]:
        """`patient`: asks again as long as the answer is 503."""
        answer = self.http.post(self._keys(server), json={"name": "A key"} | body)
        while patient and answer.status_code == 503:
            time.sleep(int(answer.headers["Retry-After"]))
            answer = self.http.post(self._keys(server), json={"name": "A key"} | body)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    def revoke(self, key_id: str, server: Server | None = None) -> httpx.Response:
        return self.http.post(f"{self._keys(server)}/{key_id}/revoke")

    def me(self, key: str, server: Server | None = None) -> httpx.Response:
        return self.http.get(f"{(server or self.server).url}/v1/me", headers={"x-api-key": key})

    def _keys(self, server: Server | None) -> str:
        return f"{(server or self.server).url}/v1/orgs/{self.org}/keys"


@dataclass
class Request:
    server: Server
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    #: An address of this machine to connect from.
    source: str = "127.0.0.1"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str


class Volley:
    """Requests on a connection each, opened before any is sent: servers get them all within a millisecond."""

    def __init__(self, requests: Iterable[Request]) -> None:
        self._requests = list(requests)
        self._connections = [
            http.client.HTTPConnection(
                urlsplit(request.server.url).netloc, timeout=60, source_address=(request.source, 0)
            )
            for request in self._requests
        ]
        for connection in self._connections:
            connection.connect()

    def fire(self) -> list[Answer]:
        self.send()
        return self.answers()

    def send(self) -> None:
        for connection, request in zip(self._connections, self._requests, strict=True):
            connection.request(request.method, request.path, request.body or None, request.headers)

    def answers(self, between: Callable[[], None] | None = None) -> list[Answer]:
        """In the order of the requests. `between`: what to do as soon as the first one is there."""
        found = []
        try:
            for connection in self._connections:
                found.append(self._answer(connection))
                if between is not None and len(found) == 1:
                    between()
            return found
        finally:
            self.close()

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _answer(self, connection: http.client.HTTPConnection) -> Answer:
        with connection.getresponse() as response:
            return Answer(response.status, response.headers, response.read().decode())


def at_once(requests: Iterable[Request]) -> list[Answer]:
    return Volley(requests).fire()


class Line:
    """A kept connection that costs little, for many requests. One thread at a time."""

    def __init__(self, server: Server, timeout: float = 60) -> None:
        parts = urlsplit(server.url)
        self._open = lambda: socket.create_connection((parts.hostname, parts.port), timeout=timeout)
        self._connect()

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def send(self, method: str, path: str, **headers: str) -> None:
        if time.monotonic() - self._used > 10:
            # Servers close connections on which nothing was asked for long.
            self._close()
            self._connect()
        self._used = time.monotonic()
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._socket.sendall("\r\n".join([*lines, "Content-Length: 0", "", ""]).encode())

    def answer(self) -> tuple[int, dict[str, str]]:
        """Status and headers, names in lower case. Raises `ConnectionError`."""
        first = self._answers.readline()
        if not first:
            raise ConnectionError("the server closed the connection")
        headers = {}
        while line := self._answers.readline().strip().decode():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        self._answers.read(int(headers.get("content-length", 0)))
        return int(first.split()[1]), headers

    def _connect(self) -> None:
        self._socket, self._used = self._open(), time.monotonic()
        self._answers = self._socket.makefile("rb")

    def _close(self) -> None:
        self._answers.close()
        self._socket.close()

    def ask(self, method: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
        self.send(method, path, **headers)
        return self.answer()


#: Both ways to verify a key with the default scope: a view in Flask, and forward-auth.
ENDPOINTS = {"me": ("GET", "/v1/me"), "forward-auth": ("POST", "/v1/forward-auth/v1/listen")}
