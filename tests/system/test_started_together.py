"""Commands that are started at once on a database that has to be migrated: one of them migrates, the others wait."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import flask_migrate
import pytest

from app import create_app
from app.config import load_settings
from app.store import migrations
from tests import databases
from tests.forked import Forked
from tests.servers import SECRET, environment, free_port, serving
from tests.system.visitors import Visitor, query

BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


def upgraded(url, folder, revision=None):
    """Migrates to `revision`, if it is given; whether the database is at the newest one."""
    settings = load_settings({"DATABASE_URL": url, "SECRET_KEY": SECRET}, instance_path=folder)
    with create_app(settings).app_context():
        if revision:
            flask_migrate.upgrade(revision=revision)
        try:
            return migrations.is_current()
        finally:
            databases.dispose()


@pytest.fixture
def new_database(kind, request, tmp_path):
    """The URL of a database that no migration has seen."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    return request.getfixturevalue("postgresql").create_database()


@BOTH
@pytest.mark.parametrize("revision", [None, "0012"], ids=["new", "old"])
def test_each_init_ends_well_and_the_schema_is_made_once(kind, revision, new_database, tmp_path):
    if revision:
        assert not upgraded(new_database, tmp_path, revision)
    logs = [tmp_path / f"{number}.log" for number in range(4)]
    processes = [Forked(["init"], tmp_path, environment(new_database, free_port()), log) for log in logs]
    assert [process.wait(60) for process in processes] == [0] * 4, [log.read_text() for log in logs]
    for log in logs:
        assert log.read_text().splitlines()[-1] == "Database initialized successfully."
        assert "Traceback" not in log.read_text()
    assert upgraded(new_database, tmp_path)
    assert query(new_database, "SELECT count(*) FROM alembic_version") == [(1,)]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_each_server_on_a_new_file_serves(new_database, tmp_path):
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        starting = [serving(new_database, tmp_path) for _ in range(2)]
        one, other = pool.map(stack.enter_context, starting)
        with Visitor(one) as visitor:
            key = visitor.sign_in("alice@example.com").create_key()["key"]
            assert visitor.me(key, other).status_code == 200
