"""More clients than a process may have files open."""

import socket
import sys
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import psutil
import pytest

from tests.servers import SERVE, serving
from tests.system.visitors import Visitor


@pytest.mark.soak
def test_idle_clients_beyond_the_limit_wait_and_cost_nothing(database, tmp_path):
    command = ["bash", "-c", 'ulimit -n 256 && exec "$@"', sys.executable, *SERVE]
    with serving(database, tmp_path, command=command) as server, Visitor(server) as visitor, ExitStack() as idle:
        address = urlsplit(server.url)
        for _ in range(400):
            client = idle.enter_context(socket.create_connection((address.hostname, address.port)))
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(1)
        (worker,) = psutil.Process(server.process.pid).children()
        before = sum(worker.cpu_times()[:2])
        time.sleep(2)
        assert sum(worker.cpu_times()[:2]) - before < 0.5
        assert worker.num_fds() < 256
        idle.close()
        assert visitor.sign_in("alice@example.com").create_key()["key"]
