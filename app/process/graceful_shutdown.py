"""Graceful shutdown: every process obeys stop signals at once, whichever thread receives them and however far it has
started."""

import os
import signal
import time
from threading import Thread, main_thread
from types import FrameType

#: How long a stop waits for running requests. Less than the 10 seconds after which Docker kills.
STOP_SECONDS = 8

#: A signal that does nothing but wake the main thread.
_NUDGE = signal.SIGURG
_STOP = {signal.SIGINT, signal.SIGTERM}
_NUDGE_SECONDS = 0.1
_GRACE_SECONDS = 0.2


def notice() -> None:
    """Wakes the main thread for every signal. Call it once, in the main thread of a process that Granian runs (gunicorn
    wakes up by itself).

    Python runs signal handlers only in the main thread. While that thread waits for a lock, as Granian's do, a signal
    that the system delivers to another thread goes unnoticed until something wakes the main thread: a process that is
    told to stop while it resumes from a suspension (a paused container) would go on. So a separate thread learns of
    every signal and nudges the main thread.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(_NUDGE, lambda _number, _frame: None)
    Thread(target=_nudge, args=(reading,), name="keydesk-signals", daemon=True).start()


def heed_while_starting() -> None:
    """Makes workers stop even while they start. Call it in a server before it forks its workers.

    A worker inherits the server's signal handlers, which do nothing in the worker. Until it sets its own, seconds
    later, it would swallow the signal, and the server would wait for it in vain. It has not served anybody yet, so it
    may simply exit. It waits a moment first: the signal may go to both processes, and a worker that exits before the
    server has its signal counts as a crash. Ctrl-C reaches the whole process group and is left to the server.
    """
    os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=_end_when_told)


def _hold() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)


def _release() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)


def _end_when_told() -> None:
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _release()


def _leave(_number: int, _frame: FrameType | None) -> None:
    time.sleep(_GRACE_SECONDS)
    os._exit(0)


def _nudge(reading: int) -> None:
    main = main_thread().ident
    if main is None:
        return
    while number := os.read(reading, 1):
        if number[0] == _NUDGE:
            continue
        signal.pthread_kill(main, _NUDGE)
        # A nudge that comes just before the main thread starts to wait has no effect, so it is repeated.
        while number[0] in _STOP:
            time.sleep(_NUDGE_SECONDS)
            signal.pthread_kill(main, _NUDGE)
