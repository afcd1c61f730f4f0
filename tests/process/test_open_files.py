"""The limit on open files is raised as far as it goes, and `serve` says if that is not enough."""

import subprocess
import sys

import pytest

from tests.servers import ROOT, SERVE, environment, free_port

RAISED = "import resource; from app.process import open_files as files; found = files.raise_limit(); "
RAISED += "print(found, files.most_clients(found), *resource.getrlimit(resource.RLIMIT_NOFILE))"


def with_limits(soft, hard, command, folder, environ):
    limits = f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$@"'
    return subprocess.run(
        ["bash", "-c", limits, "limited", *command],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("soft", "hard", "found"),
    [(64, 512, "512 384 512 512"), (512, 512, "512 384 512 512"), (64, 4096, "4096 1024 4096 4096")],
)
def test_the_limit_is_raised_to_what_the_system_allows(soft, hard, found, tmp_path):
    done = with_limits(soft, hard, [sys.executable, "-c", RAISED], tmp_path, {"PYTHONPATH": str(ROOT)})
    assert done.stdout.strip() == found, done.stderr


def test_a_server_that_may_open_too_few_files_does_not_start_and_says_what_to_raise(tmp_path):
    environ = environment(f"sqlite:///{tmp_path / 'keydesk.db'}", free_port())
    refused = with_limits(64, 64, SERVE, tmp_path, environ)
    assert refused.returncode == 1
    assert "Only 64 files may be open at once" in refused.stderr
    assert "LimitNOFILE" in refused.stderr
    assert "Traceback" not in refused.stderr
