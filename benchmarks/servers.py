"""The servers under test, on a core of their own; load and PostgreSQL use the other one."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVER_CORE, LOAD_CORE = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))
SECRET = "benchmark-secret-of-at-least-32-characters"


def environment(folder: Path, database_url: str, port: int = 7860, **settings: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_RUNTIME_DIR") if name in os.environ}
    return kept | {
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET,
        "PORT": str(port),
        "PYTHONPATH": str(ROOT),
        "POLICY_FILE": str(folder / "route_policy.toml"),
        **settings,
    }


def cli(folder: Path, database_url: str, *arguments: str) -> str:
    """The output of a Keydesk command. Raises `RuntimeError` if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env=environment(folder, database_url),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


@contextmanager
def serving(folder: Path, database_url: str, *arguments: str, **settings: str) -> Iterator[tuple[str, int]]:
    """Runs `python -m …` on a free port; yields its URL and the ID of the process that serves."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    log = (folder / "server.log").open("ab")
    process = subprocess.Popen(
        ["taskset", "-c", str(SERVER_CORE), sys.executable, "-m", *arguments],
        env=environment(folder, database_url, port, **settings),
        cwd=folder,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/v1/me")
        yield f"http://127.0.0.1:{port}", _worker(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        log.close()


def memory(pid: int) -> int:
    """The process's anonymous memory, in bytes: pages of mapped files are part of the machine's cache and do not
    count."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0


def _worker(parent: int) -> int:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    # The last one, because Python's resource tracker is a child, too.
    return int(children[-1])


def _wait(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not respond")
