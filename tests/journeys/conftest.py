"""The seed pages' commands, run by the real curl and by the command line as the pages write them; host and secrets
aside."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT, Server, environment, serving


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('seed')}/keydesk.db"


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("log")
    with serving(database_url, folder, ENABLE_TEST_TOKEN_ENDPOINT="true") as running:
        yield running


@pytest.fixture(scope="module")
def curl(server: Server):
    """Runs a page's line; `%URL%` stands for its host. The answer's status and JSON."""

    def run(line: str, **variables: str):
        done = subprocess.run(
            ["bash", "-euc", line.replace("%URL%", server.url).replace("curl ", "curl -s -w '\\n%{http_code}' ", 1)],
            env={"PATH": "/usr/bin:/bin", **variables},
            capture_output=True,
            text=True,
            check=True,
        )
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body) if body else None

    return run


@pytest.fixture(scope="module")
def cli(database_url: str):
    def run(line: str) -> subprocess.CompletedProcess[str]:
        assert line.startswith("python -m app.cli")
        return subprocess.run(
            ["bash", "-euc", line.replace("python", sys.executable, 1)],
            cwd=ROOT,
            env=environment(database_url, 7860),
            capture_output=True,
            text=True,
            check=False,
        )

    return run
