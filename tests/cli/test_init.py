"""The command line, run as an operator runs it."""

import sqlite3
import subprocess
import sys

import pytest

from tests.servers import ROOT, environment


def run(database_url, *arguments, **settings):
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=ROOT,
        env=environment(database_url, 7860, **settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def empty(tmp_path):
    return tmp_path / "fresh.db"


def test_init_makes_the_tables_as_often_as_one_likes(empty):
    for _ in range(2):
        done = run(f"sqlite:///{empty}", "init")
        assert done.returncode == 0, done.stderr
        assert done.stdout == "Initializing Database structure...\nDatabase initialized successfully.\n"
    with sqlite3.connect(empty) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert {"api_key", "person", "organization", "audit_entry"} <= tables


def test_bad_settings_are_all_named_on_stderr(empty):
    done = run(f"sqlite:///{empty}", "init", WORKERS="many", SIGN_UP="nobody at all")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "WORKERS must be a whole number from 1 to 256" in done.stderr
    assert "SIGN_UP must be open, invited, or domains" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_says_what_each_command_does(empty):
    done = run(f"sqlite:///{empty}", "--help")
    assert done.returncode == 0
    for command in ("init", "serve"):
        assert command in done.stdout
