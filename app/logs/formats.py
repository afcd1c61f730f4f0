"""How an entry looks: text for people, JSON for programs. Both hold the same.

A caller gives an entry its event and its fields as `extra`: `log.warning("…", extra={"event": "delivery.failed", …})`.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from app.logs.request_id import REQUEST_ID

#: What every record has. Whatever else is in one was given as a field.
_NO_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"event", "request_id", "message", "asctime", "taskName"}
#: The events of lines that are not ours, by their logger; others have their logger's name.
_EVENTS = {"_granian": "granian", "py.warnings": "python.warning", "root": "python"}
#: Modules whose errors quote rows: `Key (email)=(…) already exists`.
_QUOTING = frozenset({"sqlalchemy", "psycopg", "sqlite3"})
#: Control characters, which could move a terminal's cursor or end a line: each as its escape.
_VISIBLE = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
}


class JsonFormat(logging.Formatter):
    """An object in each line, with `time`, `level`, `request_id`, `event`, `message`, the fields, and `traceback`."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": time_of(record),
            "level": record.levelname.lower(),
            "request_id": request_id_of(record) or None,
            "event": event_of(record),
            "message": record.getMessage(),
            **fields_of(record),
        }
        if trace := _traceback(self, record):
            entry["traceback"] = trace
        return json.dumps(entry, default=str)


class TextFormat(logging.Formatter):
    """`TIME LEVEL REQUEST_ID EVENT message field=value`. Further lines of a message, and a traceback, are indented by
    two spaces, so that no message can look like an entry of its own."""

    def format(self, record: logging.LogRecord) -> str:
        first, *more = record.getMessage().splitlines() or [""]
        words = [time_of(record), record.levelname, request_id_of(record) or "-", event_of(record), first]
        words += [f"{name}={_quoted(value)}" for name, value in fields_of(record).items()]
        more += _traceback(self, record).splitlines()
        return "\n  ".join(line.translate(_VISIBLE) for line in (" ".join(filter(None, words)), *more))


FORMATS: dict[str, type[logging.Formatter]] = {"text": TextFormat, "json": JsonFormat}


def time_of(record: logging.LogRecord) -> str:
    """RFC 3339, in UTC, with milliseconds."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def request_id_of(record: logging.LogRecord) -> str:
    """That of the request in which the record was made, whoever writes it later."""
    return str(getattr(record, "request_id", "") or REQUEST_ID.get())


def event_of(record: logging.LogRecord) -> str:
    return str(getattr(record, "event", "") or _EVENTS.get(record.name, record.name))


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _NO_FIELDS}


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    trace = ""
    if record.exc_info and record.exc_info[1]:
        trace = formatter.formatException(record.exc_info)
        error: BaseException | None = record.exc_info[1]
        while error is not None:
            if type(error).__module__.partition(".")[0] in _QUOTING and str(error):
                trace = trace.replace(str(error), "(left out)")
            error = error.__cause__ or error.__context__
    return "\n".join(filter(None, (trace, record.stack_info)))


def _quoted(value: object) -> str:
    """As it is, or as a JSON string if it could be taken for more than one word."""
    text = str(value)
    is_word = text and text.isprintable() and not any(mark in text for mark in ' "=\\')
    return text if is_word else json.dumps(text)
