"""A server that is asked to stop answers what it has begun and loses no count."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import httpx
import pytest

from tests.servers import SERVE, environment, free_port, run, serving
from tests.system.visitors import ENDPOINTS, Request, Visitor, at_once, query

GUNICORN = [sys.executable, "-m", "gunicorn", "wsgi:app", "--threads", "4", "-w", "1", "--bind", "127.0.0.1:{port}"]


@contextmanager
def a_server(kind, database, folder, valkey):
    if kind == "gunicorn":
        with serving(database, folder, command=GUNICORN) as server:
            yield server
    elif kind == "two workers":
        with serving(database, folder, WORKERS="2", VALKEY_URL=valkey.connection_url) as server:
            yield server
    else:
        with serving(database, folder) as server:
            yield server


def counted(database):
    return query(database, "SELECT coalesce(sum(requests), 0) FROM usage_hour")[0][0]


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("kind", ["one worker", "two workers", "gunicorn"])
def test_a_stop_right_after_the_last_answer_loses_no_count(kind, database, tmp_path, valkey):
    with a_server(kind, database, tmp_path, valkey) as server, Visitor(server) as visitor:
        key = visitor.sign_in("alice@example.com").create_key()["key"]
        answers = []
        for _ in range(2):
            # Both endpoints in turn.
            endpoints = list(ENDPOINTS.values()) * 25
            answers += at_once(
                Request(server, *endpoint, {"x-api-key": key, "User-Agent": "agent/1"}) for endpoint in endpoints
            )
        asked = time.monotonic()
        assert server.stop() == 0
        took = time.monotonic() - asked
    assert Counter(answer.status for answer in answers) == {200: 100}
    assert counted(database) == 100
    assert query(database, "SELECT address, agent FROM last_use") == [("127.0.0.1", "agent/1")]
    # Nobody waits for what these processes could still write.
    assert query(database, "SELECT id FROM usage_process") == []
    assert took < 5


@pytest.mark.parametrize("kind", ["one worker", "two workers", "gunicorn"])
def test_a_stop_under_load_counts_every_request_that_was_answered(kind, database, tmp_path, valkey):
    with a_server(kind, database, tmp_path, valkey) as server, Visitor(server) as visitor:
        key = visitor.sign_in("alice@example.com").create_key()["key"]
        stopping = Event()

        def ask(number):
            """Answers of one client, until the server is gone."""
            statuses = Counter()
            client = httpx.Client(verify=False, timeout=30, headers={"x-api-key": key})
            with client, suppress(httpx.TransportError):
                method, path = list(ENDPOINTS.values())[number % 2]
                while not stopping.is_set():
                    statuses[client.request(method, f"{server.url}{path}").status_code] += 1
                    time.sleep(0.005)
            return statuses

        with ThreadPoolExecutor(4) as pool:
            asking = [pool.submit(ask, number) for number in range(4)]
            time.sleep(1.3)
            assert server.stop() == 0
            stopping.set()
            statuses = sum((one.result() for one in asking), Counter())
    assert set(statuses) == {200}
    # A connection that was cut may have lost an answer that was counted: one for each client at most.
    assert statuses[200] <= counted(database) <= statuses[200] + 4


def test_ctrl_c_stops_as_gracefully(database, tmp_path):
    with serving(database, tmp_path) as server, Visitor(server) as visitor:
        key = visitor.sign_in("alice@example.com").create_key()["key"]
        for _ in range(20):
            visitor.me(key)
        assert server.stop(signal.SIGINT) == 0
    assert counted(database) == 20
    assert "Traceback" not in server.log


@pytest.mark.soak
def test_a_client_that_never_ends_its_request_holds_a_stop_for_seconds_only(database, tmp_path):
    with serving(database, tmp_path) as server, Visitor(server) as visitor:
        key = visitor.sign_in("alice@example.com").create_key()["key"]
        with socket.create_connection((urlsplit(server.url).hostname, urlsplit(server.url).port)) as slow:
            slow.sendall(b"GET /v1/me HTTP/1.1\r\nHost: local")
            assert visitor.me(key).status_code == 200
            asked = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - asked < 10
    assert counted(database) == 1


@pytest.mark.parametrize("kind", ["one worker", "two workers"])
@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.soak)])
def test_a_server_that_was_suspended_stops_when_it_is_told_to_as_it_resumes(kind, times, database, tmp_path, valkey):
    """The system may then give the signal to a thread that runs no handlers."""
    for number in range(times):
        folder = tmp_path / str(number)
        folder.mkdir()
        with a_server(kind, database, folder, valkey) as server:
            os.killpg(server.process.pid, signal.SIGSTOP)
            time.sleep(0.2)
            os.killpg(server.process.pid, signal.SIGCONT)
            asked = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - asked < 5


@pytest.mark.parametrize("told", ["the server", "the whole group"])
def test_a_server_stops_at_once_while_its_worker_is_still_starting(told, database, tmp_path):
    """The worker has its server's handlers then, which would not end it."""
    run(database, tmp_path, "init")
    process = subprocess.Popen(SERVE, cwd=tmp_path, env=environment(database, free_port()), start_new_session=True)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        while not children.read_text():
            assert process.poll() is None
            time.sleep(0.01)
        asked = time.monotonic()
        if told == "the server":
            process.terminate()
        else:
            os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(30) == 0
        assert time.monotonic() - asked < 5
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
