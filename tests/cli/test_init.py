"""`init`, `--help`, and what every command says when it cannot begin."""

import sqlite3

import pytest

from app.cli import cli as commands
from tests.servers import free_port, run


def test_init_makes_the_tables_as_often_as_one_likes(tmp_path):
    for _ in range(2):
        done = run(f"sqlite:///{tmp_path}/fresh.db", tmp_path, "init")
        assert done.returncode == 0, done.stderr
        assert done.stdout == "Initializing Database structure...\nDatabase initialized successfully.\n"
    with sqlite3.connect(tmp_path / "fresh.db") as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert {"api_key", "person", "organization", "audit_entry"} <= tables


def test_init_works_on_postgresql_too(at_desk, postgresql):
    operator = at_desk(postgresql.create_database())
    assert operator.run("init").endswith("Database initialized successfully.\n")
    assert operator.json("list") == {"data": []}


@pytest.mark.parametrize("command", [("init",), ("list",), ("create",), ("audit", "verify")])
def test_with_the_database_down_a_command_says_so_and_what_to_do(at_desk, tmp_path, command):
    (tmp_path / "folder").mkdir()
    for url in (f"postgresql://127.0.0.1:{free_port()}/keydesk", f"sqlite:///{tmp_path}/folder"):
        done = at_desk(url).try_to(*command)
        assert done.exit_code == 1
        assert "Start it, or correct DATABASE_URL" in done.stderr
        assert "successfully" not in done.stdout


def test_a_database_whose_folder_cannot_be_made_is_named(at_desk, tmp_path):
    (tmp_path / "file").touch()
    assert "Cannot create the folder" in at_desk(f"sqlite:///{tmp_path}/file/keydesk.db").refused("init")


def test_bad_settings_are_all_named_on_stderr(operator):
    done = operator.try_to("init", WORKERS="many", SIGN_UP="nobody at all")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "WORKERS must be a whole number from 1 to 256" in done.stderr
    assert "SIGN_UP must be open, invited, or domains" in done.stderr


def test_help_says_what_each_command_does(operator):
    shown = operator.run("--help")
    for name, command in commands.commands.items():
        assert f"\n  {name} " in shown
        assert len(operator.run(name, "--help").splitlines()) > 4
        assert command.help
