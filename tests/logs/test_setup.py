"""Everything that a process writes is in the log's format, in processes of their own."""

import json
import subprocess
import sys

import pytest

from tests.logs.test_formats import ENTRY
from tests.servers import ROOT

CODE = """
import logging, logging.config, threading, warnings
from granian.log import LogLevels, configure_logging
from app.logs import setup
setup.configure({log_format!r}, {level!r})
configure_logging(LogLevels.error, setup.GRANIAN)
log = logging.getLogger("keydesk")
log.debug("debug of ours")
log.info("info of ours", extra={{"event": "a.b"}})
logging.getLogger("sqlalchemy").info("SELECT secret")
logging.getLogger("_granian").error("a worker ended\\nunexpectedly")
for _ in range(5):
    log.error("again", extra={{"event": "x.y"}})
warnings.warn("a warning")
thread = threading.Thread(target=lambda: 1 / 0, name="counting")
thread.start()
thread.join()
setup.tell_repeats(all_of_them=True)
raise RuntimeError("nobody catches this")
"""


def written(log_format, level):
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(log_format=log_format, level=level)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr.splitlines()


def test_as_json_each_line_is_an_object():
    entries = [json.loads(line) for line in written("json", "debug")]
    assert [(entry["level"], entry["event"]) for entry in entries] == [
        ("debug", "keydesk"),
        ("info", "a.b"),
        ("error", "granian"),
        ("error", "x.y"),
        ("warning", "python.warning"),
        ("critical", "thread.crashed"),
        ("error", "x.y"),
        ("critical", "server.crashed"),
    ]
    assert entries[6]["repeated"] == 4
    assert entries[5]["traceback"].endswith("ZeroDivisionError: division by zero")


@pytest.mark.parametrize(("level", "first"), [("info", "a.b"), ("error", "granian")])
def test_as_text_each_line_begins_an_entry_or_goes_on_with_one(level, first):
    lines = written("text", level)
    assert all(ENTRY.fullmatch(line) or line.startswith("  ") for line in lines)
    assert lines[0].split()[3] == first
    assert "  unexpectedly" in lines
    assert "  RuntimeError: nobody catches this" in lines
