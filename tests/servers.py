"""Real server processes on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import httpx

from tests.forked import Forked

ROOT = Path(__file__).resolve().parent.parent
SECRET = "test-secret-of-at-least-32-characters"
#: As an operator starts it, for tests of how it starts.
SERVE = [sys.executable, "-m", "app.cli", "serve"]


#: Below those that systems give to outgoing connections, which could take a port before its server does. Each test
#: process has a share of its own.
_SHARE = 900
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 12
_ports = count(os.getpid() % _SHARE)


def free_port() -> int:
    """A port on which nothing listens, and which no other test was given lately."""
    while True:
        port = 21_000 + _WORKER * _SHARE + next(_ports) % _SHARE
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def environment(database_url: str, port: int, **settings: str) -> dict[str, str]:
    """What a server is started with: nothing of ours from outside, except what a test says."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "XDG_RUNTIME_DIR"}}
    return kept | {
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "SECRET_KEY": SECRET,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        **settings,
    }


class Server:
    """A running `serve` (or another command that serves). `log` is everything that it wrote."""

    def __init__(self, process: subprocess.Popen[bytes] | Forked, url: str, log_file: Path) -> None:
        self.process, self.url, self._log_file = process, url, log_file

    @property
    def log(self) -> str:
        return self._log_file.read_text(errors="replace")

    def wait_until_ready(self, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log}")
            try:
                # `verify`: loading the certificates of a machine takes 20 ms, each time.
                if httpx.get(f"{self.url}/readyz", verify=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the server did not become ready:\n{self.log}")

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to stop and waits; the exit code. SIGINT goes to its workers too, as Ctrl-C does."""
        if self.process.poll() is None and by == signal.SIGINT:
            os.killpg(self.process.pid, by)
        elif self.process.poll() is None:
            self.process.send_signal(by)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not stop when asked:\n{self.log}") from None

    def kill(self) -> None:
        """kill -9 of the server and its workers."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def run(database_url: str, folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`python -m app.cli` with these arguments, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=folder,
        env=environment(database_url, int(settings.pop("PORT", 0)) or free_port(), **settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _started(command: list[str], folder: Path, environ: dict[str, str], log_file: Path) -> subprocess.Popen[bytes]:
    with log_file.open("ab") as log:
        return subprocess.Popen(
            command, cwd=folder, env=environ, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )


@contextmanager
def serving(
    database_url: str, folder: Path, *, command: list[str] | None = None, port: int | None = None, **settings: str
) -> Iterator[Server]:
    """A server on a free port, until the block ends: `serve` in a fork of a process that has imported Keydesk, or a
    command with the port in place of `{port}`."""
    port = port or free_port()
    log_file = folder / f"server-{port}.log"
    # Not in our folder: a developer's own .env must not reach a test.
    environ = environment(database_url, port, **settings)
    if command:
        process = _started([part.replace("{port}", str(port)) for part in command], folder, environ, log_file)
    else:
        process = Forked(["serve"], folder, environ, log_file)
    server = Server(process, f"http://127.0.0.1:{port}", log_file)
    try:
        server.wait_until_ready()
        yield server
        server.stop()
    finally:
        if process.poll() is None:
            server.kill()
