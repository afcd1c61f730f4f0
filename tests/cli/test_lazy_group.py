"""`--help`: is fast, and says the same about each command as the command's own help."""

import re
import subprocess
import sys

import click
import pytest

from app.cli import COMMANDS, cli
from tests.servers import ROOT

HEAVY = {"flask", "sqlalchemy", "pydantic", "granian", "limits", "alembic", "yaml", "itsdangerous", "dotenv"}


def python(*words):
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout, done.stderr


def test_help_imports_click_and_nothing_heavier():
    _, imported = python("-X", "importtime", "-m", "app.cli", "--help")
    modules = {name.split(".")[0] for name in re.findall(r"\|\s+([\w.]+)$", imported, re.MULTILINE)}
    assert "click" in modules
    assert modules & HEAVY == set()


def test_help_lists_every_command():
    said, _ = python("-m", "app.cli", "--help")
    assert re.findall(r"^  ([\w-]+)(?:  |$)", said, re.MULTILINE) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_where_the_table_says_and_its_help_begins_with_the_short_help(name):
    command = cli.get_command(click.Context(cli), name)
    assert command.name == name
    first_sentence = re.split(r"(?<=\.)\s", command.help, maxsplit=1)[0]
    assert COMMANDS[name].short_help == first_sentence


def test_each_command_answers_help_without_a_database(at_desk):
    for name in COMMANDS:
        shown = at_desk("sqlite:////nowhere/keydesk.db").run(name, "--help")
        assert shown.startswith("Usage: ")
        assert len(shown.splitlines()) > 4
