"""The page's workflow: its last step, run as GitHub runs it, empties the cache of a real Keydesk."""

import os
import subprocess
import time
from pathlib import Path

import yaml

from tests.snippets.page import snippet

STEP = yaml.safe_load(snippet("GitHub Actions", "yaml"))["jobs"]["deploy"]["steps"][-1]


def running(keydesk, key, folder):
    """What `shell: bash` means there."""
    script = folder / "step.sh"
    script.write_text(STEP["run"])
    return subprocess.Popen(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        env={"PATH": os.environ["PATH"], "KEYDESK_URL": keydesk.url, "KEYDESK_KEY": key},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_step_takes_its_key_from_the_secrets():
    assert STEP["shell"] == "bash"
    assert STEP["env"]["KEYDESK_KEY"] == "${{ secrets.KEYDESK_KEY }}"


def test_the_step_raises_the_generation(keydesk, tmp_path):
    key, before = keydesk.key("cache:invalidate")["key"], keydesk.generation()
    step = running(keydesk, key, tmp_path)
    output, _ = step.communicate(timeout=20)
    assert step.returncode == 0, output
    assert f'"generation":{before + 1}}}' in output
    assert keydesk.generation() == before + 1
    assert key not in output


def test_a_key_that_may_not_fails_the_step(keydesk, tmp_path):
    before = keydesk.generation()
    step = running(keydesk, keydesk.key("notes:read")["key"], tmp_path)
    output, _ = step.communicate(timeout=20)
    assert step.returncode != 0
    assert "INSUFFICIENT_SCOPE" in output
    assert keydesk.generation() == before


def test_no_argument_of_a_program_holds_the_key(keydesk, tmp_path):
    key = keydesk.key("cache:invalidate")["key"]
    with keydesk.held():
        step = running(keydesk, key, tmp_path)
        deadline = time.monotonic() + 5
        while not (seen := [line for line in arguments() if "/v1/cache/invalidate" in line]):
            assert time.monotonic() < deadline, "the step does not call Keydesk"
        assert "curl" in seen[0]
        assert not [line for line in arguments() if key in line]
    step.communicate(timeout=20)
    assert step.returncode == 0


def arguments():
    """The command lines of all programs that run now."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield file.read_text(errors="replace")
        except OSError:
            continue
