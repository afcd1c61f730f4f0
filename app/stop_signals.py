"""A signal to stop is noticed at once, whichever thread the system hands it to."""

import os
import signal
from threading import Thread, main_thread

#: Wakes the main thread and means nothing.
_NUDGE = signal.SIGURG


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


def _nudge(reading: int) -> None:
    main = main_thread().ident
    while number := os.read(reading, 1):
        if number[0] != _NUDGE and main is not None:
            signal.pthread_kill(main, _NUDGE)
