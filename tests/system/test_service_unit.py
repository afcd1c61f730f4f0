"""deploy/systemd/keydesk.service: systemd understands it, and finds little that it exposes."""

import re
import subprocess
import sys

import pytest

from tests.proxies.running import found_program
from tests.servers import ROOT

UNIT = ROOT / "deploy" / "systemd" / "keydesk.service"


@pytest.fixture
def analyze(tmp_path):
    """`systemd-analyze` of the unit, with a program that is on this machine."""
    program = found_program("systemd-analyze", "apt-get install --no-install-recommends systemd")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/usr/local/bin/keydesk", sys.executable))

    def analyze(*words):
        done = subprocess.run([program, *words, str(unit)], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return analyze


def test_systemd_finds_nothing_wrong_with_it(analyze):
    assert analyze("verify", "--man=no") == (0, "")


def test_systemd_counts_an_exposure_of_2_at_most(analyze):
    code, report = analyze("security", "--offline=true", "--threshold=20", "--no-pager")
    assert code == 0, report
    assert float(re.findall(r"exposure level for keydesk.service: ([\d.]+)", report)[0]) <= 2.0
