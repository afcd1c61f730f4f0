"""The figures of all server processes on this machine: whichever of them is asked for `/metrics` answers for all.

Each process has a number, the lowest that is free, and holds a lock on its file for as long as it lives; the system
frees the lock however it ends. So a number is soon used again, and figures of a process that is gone are not shown
(docs/adr/0031-metrics.md).
"""

import fcntl
import json
import logging
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

log = logging.getLogger("keydesk")

#: The figures of a process, by the name of the metric: label values and a number, or the buckets and the sum of times.
Figures = dict[str, list[tuple[list[str], Any]]]
_MOST = 1024


class MetricsProcesses:
    """A folder with a file for each process. Nothing is created before the first figures are shared. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._number: int | None = None
        self._is_alone = False

    def share(self, figures: Figures) -> None:
        """Writes this process's figures for the others. If it cannot, it says so once, in the log."""
        with self._lock:
            if self._is_alone:
                return
            try:
                if self._number is None:
                    self._number = self._take_number()
                self._write(self._number, figures)
            except OSError as error:
                self._is_alone = True
                log.warning(
                    "/metrics has the figures of one process only: %s cannot be written: %s",
                    self._folder,
                    error,
                    extra={"event": "metrics.not_shared"},
                )

    def all(self, own: Figures) -> dict[str, Figures]:
        """The figures of all processes that live, by number; `own` are this one's, now."""
        self.share(own)
        own_number = self._number or 0
        found = {str(own_number): own}
        if not self._is_alone:
            found |= {str(number): figures for number, figures in self._of_others(own_number)}
        return dict(sorted(found.items(), key=lambda each: int(each[0])))

    def _of_others(self, own_number: int) -> Iterator[tuple[int, Figures]]:
        for file in self._folder.glob("*.json"):
            number = int(file.stem)
            if number == own_number:
                continue
            with self._locked(number) as lock:
                if lock is not None:
                    # Nobody held it: the process is gone.
                    file.unlink(missing_ok=True)
                    continue
            try:
                yield number, json.loads(file.read_text())
            except FileNotFoundError:
                continue  # it ended just now

    def _take_number(self) -> int:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number in range(_MOST):
            with self._locked(number, keep=True) as lock:
                if lock is not None:
                    weakref.finalize(self, os.close, lock)
                    return number
        raise OSError("all numbers are taken")

    @contextmanager
    def _locked(self, number: int, *, keep: bool = False) -> Iterator[int | None]:
        """The open file of that number, locked; None if a process holds its lock."""
        lock = os.open(self._folder / f"{number}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        is_ours = False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = True
        except BlockingIOError:
            pass
        try:
            yield lock if is_ours else None
        finally:
            if not (is_ours and keep):
                os.close(lock)

    def _write(self, number: int, figures: Figures) -> None:
        fresh = self._folder / f"{number}.new"
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(figures), encoding="ascii")
        fresh.replace(self._folder / f"{number}.json")
