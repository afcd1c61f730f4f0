"""Limits of keys on the command line, run as an operator runs it."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from app.cli import cli
from tests.servers import ROOT, environment


@pytest.fixture
def run(database):
    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=ROOT,
            env=environment(database, 7860),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_a_key_is_made_with_limits_changed_and_listed_with_them(run):
    limits = ("--rate", "100/60", "--network", "203.0.113.0/24", "--network", "2001:db8::/32")
    made = json.loads(run("create", "--name", "CI", *limits, "--json").stdout)
    assert made["rate_limit"] == {"requests": 100, "window_seconds": 60}
    assert made["networks"] == ["203.0.113.0/24", "2001:db8::/32"]

    done = run(
        "set", made["start"], "--no-rate", "--network", "198.51.100.7", "--scope", "agent:r", "--name", "Nightly"
    )
    assert done.stdout == f"Successfully changed key 'Nightly' starting with {made['start']}\n", done.stderr

    (listed,) = json.loads(run("list", "--json").stdout)["data"]
    settings = [listed[field] for field in ("name", "scopes", "rate_limit", "networks", "expires_at")]
    assert settings == ["Nightly", ["agent:r"], None, ["198.51.100.7/32"], None]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ([], "Give at least one setting to change"),
        (["--rate", "1/1", "--no-rate"], "--rate and --no-rate cannot be combined"),
        (["--network", "::1", "--any-network"], "--network and --any-network cannot be combined"),
        (["--expires-in-days", "3", "--never-expires"], "--expires-in-days and --never-expires cannot be combined"),
        (["--rate", "often"], "must look like 100/60"),
        (["--rate", "100"], "must look like 100/60"),
        (["--rate", "0/60"], "must be from 1 to 1000000"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_opened(options, problem):
    done = CliRunner().invoke(cli, ["set", "whk_12345678", *options])
    assert done.exit_code == 2
    assert problem in done.output
