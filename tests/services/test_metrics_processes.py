"""Figures of several processes: each has a number as long as it lives, and those of the dead are not shown."""

import multiprocessing
import os
import signal
import stat

import pytest

from app.services.metrics_processes import MetricsProcesses

FIGURES = {"keydesk_key_cache_hits": [[[], 1]]}


def share(folder, ready, end):
    processes = MetricsProcesses(folder)
    processes.share({"keydesk_key_cache_hits": [([], os.getpid())]})
    ready.set()
    end.wait()


@pytest.fixture
def start(tmp_path):
    started = []
    context = multiprocessing.get_context("spawn")

    def start():
        ready, end = context.Event(), context.Event()
        process = context.Process(target=share, args=(tmp_path / "metrics", ready, end))
        process.start()
        started.append(process)
        assert ready.wait(30)
        return process

    yield start
    for process in started:
        process.kill()
        process.join()


def test_a_killed_process_is_not_shown_and_its_number_is_used_again(tmp_path, start):
    own = MetricsProcesses(tmp_path / "metrics")
    assert own.all(FIGURES) == {"0": FIGURES}
    first = start()
    assert own.all(FIGURES) == {"0": FIGURES, "1": {"keydesk_key_cache_hits": [[[], first.pid]]}}
    os.kill(first.pid, signal.SIGKILL)
    first.join()
    assert own.all(FIGURES) == {"0": FIGURES}
    second = start()
    assert own.all(FIGURES)["1"] == {"keydesk_key_cache_hits": [[[], second.pid]]}


def test_only_the_owner_may_read_the_files(tmp_path):
    MetricsProcesses(tmp_path / "metrics").share(FIGURES)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "metrics").iterdir()}
    assert modes == {0o600}


def test_without_a_folder_a_process_shows_its_own_and_says_so_once(tmp_path, caplog):
    (tmp_path / "file").touch()
    alone = MetricsProcesses(tmp_path / "file" / "metrics")
    assert alone.all(FIGURES) == alone.all(FIGURES) == {"0": FIGURES}
    assert caplog.text.count("has the figures of one process only") == 1
