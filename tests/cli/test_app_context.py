"""What every command says when it cannot begin."""

import pytest

from tests.servers import free_port


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


@pytest.mark.parametrize("command", [("list",), ("create",), ("orgs", "list"), ("audit", "verify")])
def test_without_tables_the_way_out_is_init(at_desk, postgresql, tmp_path, command):
    for url in (f"sqlite:///{tmp_path}/empty.db", postgresql.create_database()):
        assert "init" in at_desk(url).refused(*command)
