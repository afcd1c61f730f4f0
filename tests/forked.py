"""Commands of Keydesk, each in a fork of one process that has imported all of it. Importing takes longer than the rest
of a start."""

import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import app.cli.serve
import app.process.background_jobs  # noqa: F401
from app.cli import cli

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


class Forked:
    """`python -m app.cli`, the leader of a session of its own. Has as much of `subprocess.Popen` as tests use."""

    def __init__(self, arguments: list[str], folder: Path, environ: dict[str, str], log_file: Path) -> None:
        self._process: BaseProcess = _context.Process(target=_run, args=(arguments, folder, environ, log_file))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, seconds: float) -> int:
        """Its exit code. Raises `subprocess.TimeoutExpired`."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("python -m app.cli", seconds)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(arguments: list[str], folder: Path, environ: dict[str, str], log_file: Path) -> None:
    # As in a process that nobody forked: the fork server hands on its own method, for which Granian starts its workers
    # from nothing.
    multiprocessing.set_start_method("fork", force=True)
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    log = os.open(log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(log, stream.fileno())
    os.close(log)
    cli(arguments, prog_name="python -m app.cli")
