"""Sets the log of a server process up."""

import logging
import sys
import threading
import time
from types import TracebackType

from app.logs.formats import FORMATS
from app.logs.repeats import Repeats
from app.logs.request_id import REQUEST_ID

#: For `log_dictconfig` of Granian: its lines go where all others go, instead of to handlers of its own.
GRANIAN = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}, "granian.access": {"handlers": [], "propagate": True}},
}


class LogHandler(logging.StreamHandler):
    """Writes to stderr. Faults that repeat are counted instead."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self._repeats = Repeats()

    def emit(self, record: logging.LogRecord) -> None:
        # Kept with the record: it may be told later, in another thread.
        record.request_id = getattr(record, "request_id", "") or REQUEST_ID.get()
        self._write(self._repeats.admit(record, time.monotonic()))

    def tell_repeats(self, *, all_of_them: bool = False) -> None:
        """Writes those whose minute is over, or all of them."""
        with self.lock or threading.RLock():
            self._write(self._repeats.all() if all_of_them else self._repeats.due(time.monotonic()))

    def _write(self, records: list[logging.LogRecord]) -> None:
        for record in records:
            super().emit(record)


def configure(log_format: str, level: str) -> None:
    """Everything that this process writes goes to stderr in this format: its own lines from `level` on, those of
    libraries from `warning` on, warnings of Python, and exceptions that nobody caught. Call it again to change it."""
    handler = LogHandler()
    handler.setFormatter(FORMATS[log_format]())
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, LogHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    own = logging.getLevelNamesMapping()[level.upper()]
    # What libraries say below a warning is long, and nobody has looked whether it holds secrets.
    root.setLevel(max(own, logging.WARNING))
    logging.getLogger("keydesk").setLevel(own)
    # At every level: whoever switches the access log on wants it, and what was done to keys is never too much.
    logging.getLogger("keydesk.access").setLevel(logging.INFO)
    logging.getLogger("keydesk.security").setLevel(logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def tell_repeats(*, all_of_them: bool = False) -> None:
    """Tells the faults that have repeated for a minute; before the process ends, all of them."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, LogHandler):
            handler.tell_repeats(all_of_them=all_of_them)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("keydesk").critical(
        "an exception ended the process", exc_info=(kind, error, trace), extra={"event": "server.crashed"}
    )


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        logging.getLogger("keydesk").critical(
            "an exception ended a thread",
            exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
            extra={"event": "thread.crashed", "thread_name": args.thread.name if args.thread else ""},
        )
