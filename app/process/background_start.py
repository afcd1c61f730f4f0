"""When background jobs start: in the process that answers requests, never in one that will fork it.

Threads do not survive a fork, but the locks that they hold do: a process that was forked meanwhile would wait for them
for good. uwsgi and `gunicorn --preload` import Keydesk before they fork their workers, and nothing tells such a process
from one that will serve. So jobs start with the first request.
"""

import importlib
import multiprocessing
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from flask import Flask

from app.process.background_jobs import Background


def start(app: Flask) -> None:
    """Starts the background jobs at once in a worker of `serve`, which forks nobody, and elsewhere with the first
    request. Raises `RuntimeError` if they could not run."""
    _check_uwsgi()
    if multiprocessing.parent_process() is not None:
        Background(app).start()
    else:
        with_first_request(app, lambda: Background(app).start())


def with_first_request(app: Flask, begin: Callable[[], None]) -> None:
    """Calls `begin` once, before the first request of this process is answered. Later requests do not notice."""
    answer, starting, begun = app.wsgi_app, Lock(), False

    def first(environ: Any, start_response: Any) -> Iterable[bytes]:
        nonlocal begun
        if not begun:
            with starting:
                if not begun:
                    begin()
                    begun = True
                # Unless somebody has wrapped this.
                if app.wsgi_app is first:
                    app.wsgi_app = answer  # type: ignore[method-assign]
        return answer(environ, start_response)

    app.wsgi_app = first  # type: ignore[method-assign]


def _check_uwsgi() -> None:
    """Without this option, uwsgi stops all threads of Python between two requests, whatever they hold."""
    try:
        options = importlib.import_module("uwsgi").opt
    except ImportError:
        return
    if not options.keys() & {"enable-threads", "threads"}:
        raise RuntimeError("Keydesk has background threads: start uwsgi with --enable-threads (see docs/deploy.md)")
