"""APIs made of the page's snippets, each a process of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.servers import free_port
from tests.snippets.page import snippet

NAMES = ("Flask", "FastAPI", "Django", "Express", "Go")
REACHED = "a handler was reached"
EXPRESS = Path("/usr/share/nodejs/express")

# What the page leaves to a project: settings and addresses.
DJANGO_PROJECT = """
import os
from wsgiref.simple_server import make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="of this test")

from api import Notes

urlpatterns = [path("notes", Notes.as_view())]
make_server("127.0.0.1", int(os.environ["PORT"]), get_wsgi_application()).serve_forever()
"""


def need_program(name: str) -> None:
    """Skips where this machine cannot run the API, but fails where `CI=true`."""
    there = {"Express": EXPRESS.exists() and shutil.which("node"), "Go": shutil.which("go")}
    if there.get(name, True):
        return
    package = {"Express": "node-express", "Go": "golang-go"}[name]
    message = f"no {package} on this machine; install it, e.g. with: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def telling(code: str, statement: str) -> str:
    """The snippet, whose two handlers say that they were reached."""
    answers = r'^(\s+)(?=return (?:JsonResponse\()?{"key_id"|res\.json\({ key_id|answer\(w, http\.StatusOK)'
    code, found = re.subn(answers, rf"\1{statement}; ", code, flags=re.MULTILINE)
    assert found == 2, f"the page's handlers look otherwise now: {found} found"
    return code


def written(name: str, folder: Path) -> list[str]:
    """Writes the snippet into `folder`; the command that serves it on `$PORT`."""
    if name == "Express":
        (folder / "api.js").write_text(telling(snippet(name, "js"), f'console.log("{REACHED}")'))
        return ["node", "api.js"]
    if name == "Go":
        (folder / "api.go").write_text(telling(snippet(name, "go"), f'fmt.Println("{REACHED}")'))
        subprocess.run(["go", "build", "api.go"], cwd=folder, check=True, timeout=110)
        return ["./api"]
    (folder / "keydesk_guard.py").write_text(snippet("Python: asking", "python"))
    (folder / "api.py").write_text(telling(snippet(name, "python"), f'print("{REACHED}")'))
    (folder / "project.py").write_text(DJANGO_PROJECT)
    python = [sys.executable, "-W", "error::SyntaxWarning", "-m"]
    return {
        "Flask": [*python, "flask", "--app", "api", "run", "--port", "{port}"],
        "FastAPI": [*python, "uvicorn", "api:app", "--port", "{port}"],
        "Django": [*python, "project"],
    }[name]


@dataclass
class Api:
    url: str
    process: subprocess.Popen[bytes]
    log_file: Path

    @classmethod
    def start(cls, name: str, folder: Path, **settings: str) -> "Api":
        command, port, log_file = written(name, folder), free_port(), folder / "log"
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [part.replace("{port}", str(port)) for part in command],
                cwd=folder,
                env=kept | {"PORT": str(port), "NODE_PATH": str(EXPRESS.parent), "PYTHONUNBUFFERED": "1"} | settings,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(f"http://127.0.0.1:{port}", process, log_file)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log
            with suppress(httpx.TransportError):
                httpx.get(self.url, verify=False)
                return
            time.sleep(0.05)
        raise AssertionError(f"the API did not become ready:\n{self.log}")

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    @property
    def reached(self) -> int:
        """How often a handler was reached."""
        return self.log.count(REACHED)

    def get(self, key: str | None = None, **headers: str) -> httpx.Response:
        return httpx.get(
            f"{self.url}/notes", headers=headers | ({"x-api-key": key} if key else {}), timeout=10, verify=False
        )

    def post(self, key: str) -> httpx.Response:
        return httpx.post(f"{self.url}/notes", headers={"x-api-key": key}, timeout=10, verify=False)


def connections_to(port: int) -> set[str]:
    """The local ends of the TCP connections to `port`, those closed in the last minute too."""
    table = Path("/proc/net/tcp").read_text()
    return set(re.findall(rf"^ *\d+: (\S+) \w+:{port:04X} ", table, re.MULTILINE))
