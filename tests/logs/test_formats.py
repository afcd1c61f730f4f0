"""Entries as text and as JSON."""

import json
import logging
import re
import sqlite3
import sys

import pytest

from app.logs.formats import JsonFormat, TextFormat
from app.logs.request_id import answering

ENTRY = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR|CRITICAL) \S+ [a-z0-9_.]+( .*)?")


def record(message, *values, error=None, level=logging.ERROR, name="keydesk", **fields):
    made = logging.LogRecord(name, level, "file.py", 1, message, values, error)
    made.created = 1_776_340_800.25
    vars(made).update(fields)
    return made


def raised(message):
    try:
        raise ValueError(message)
    except ValueError:
        return sys.exc_info()


def test_text_has_time_level_request_event_message_and_fields():
    with answering("9f86-1"):
        line = TextFormat().format(record("it is %s", "down", event="database.unavailable", reason="locked", by="a b"))
    assert line == '2026-04-16T12:00:00.250Z ERROR 9f86-1 database.unavailable it is down reason=locked by="a b"'
    assert TextFormat().format(record("", event="a.b")) == "2026-04-16T12:00:00.250Z ERROR - a.b"


def test_what_a_database_error_says_is_left_out_because_it_may_quote_a_row():
    try:
        try:
            raise sqlite3.IntegrityError("Key (email)=(ann@example.com) already exists.")
        except sqlite3.IntegrityError as error:
            raise RuntimeError("could not save") from error
    except RuntimeError:
        written = TextFormat().format(record("crash", error=sys.exc_info()))
    assert "ann@example.com" not in written
    assert "IntegrityError: (left out)" in written
    assert "RuntimeError: could not save" in written


def test_json_has_the_same():
    with answering("9f86-1"):
        line = JsonFormat().format(record("it is %s", "down", event="database.unavailable", reason="locked"))
    assert json.loads(line) == {
        "time": "2026-04-16T12:00:00.250Z",
        "level": "error",
        "request_id": "9f86-1",
        "event": "database.unavailable",
        "message": "it is down",
        "reason": "locked",
    }
    assert json.loads(JsonFormat().format(record("")))["request_id"] is None


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x85", "\u2028"])
def test_no_message_field_or_exception_looks_like_another_entry(end):
    forged = f"first{end}2026-04-16T12:00:00.250Z ERROR - forged.event x"
    made = record(forged, error=raised(forged), event="a.b", field=forged)
    first, *more = TextFormat().format(made).splitlines()
    assert ENTRY.fullmatch(first)
    assert len(more) >= 3
    assert all(line.startswith("  ") for line in more)
    assert len(JsonFormat().format(made).splitlines()) == 1
    assert json.loads(JsonFormat().format(made))["field"] == forged


def test_no_control_character_reaches_a_terminal():
    made = record("\x1b[2J\x9b", event="a.b", field="\x1b[2J")
    assert TextFormat().format(made).isprintable()
    assert JsonFormat().format(made).isprintable()


def test_a_traceback_is_part_of_its_entry():
    made = record("crash", error=raised("why"))
    assert json.loads(JsonFormat().format(made))["traceback"].endswith("ValueError: why")
    assert TextFormat().format(made).endswith("\n  ValueError: why")


@pytest.mark.parametrize(
    ("logger", "event"), [("_granian", "granian"), ("py.warnings", "python.warning"), ("alembic.x", "alembic.x")]
)
def test_lines_of_others_are_known_by_their_logger(logger, event):
    assert json.loads(JsonFormat().format(record("x", name=logger)))["event"] == event
