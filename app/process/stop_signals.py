"""A signal to stop is heeded at once, whichever thread the system hands it to and however far a worker has come."""

import os
import signal
import time
from threading import Thread, main_thread
from types import FrameType

#: Wakes the main thread and means nothing.
_NUDGE = signal.SIGURG
_STOP = {signal.SIGINT, signal.SIGTERM}
_NUDGE_SECONDS = 0.1
_GRACE_SECONDS = 0.2


def notice() -> None:
    """Call it in the main thread, once in a process that Granian runs (gunicorn wakes itself).

    Python runs signal handlers in the main thread only. While that one sleeps in a lock, as Granian's do, a signal that
    the system gives to another thread is not noticed until something else wakes it: a process that was suspended (a
    paused container) and told to stop as it resumes would go on. So a thread hears of every signal and nudges the main
    one.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(_NUDGE, lambda _number, _frame: None)
    Thread(target=_nudge, args=(reading,), name="keydesk-signals", daemon=True).start()


def heed_while_starting() -> None:
    """Call it in a server before it forks its workers.

    A worker begins with its server's handlers, which tell the worker nothing; until it has its own, seconds later, it
    would swallow the signal and be waited for in vain. It has answered nobody yet and may simply end; a moment later
    than the server was told, for the signal may go to both, and a worker that ends by itself counts as a fault. Ctrl-C,
    which reaches the whole group, is left to the server.
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
        # A nudge that comes just before the main thread lies down to sleep is lost on it.
        while number[0] in _STOP:
            time.sleep(_NUDGE_SECONDS)
            signal.pthread_kill(main, _NUDGE)
