"""Fixtures that every kind of test shares. Store and service tests run on SQLite and on PostgreSQL."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="keydesk-test-"))

from app import create_app
from app.config import Settings, load_settings
from app.factory import put_in_front
from app.services.runtime import Runtime
from tests import databases
from tests.actors import Actor, Cast

SECRET = "test-secret-of-at-least-32-characters"
BOTH_DATABASES = {"store", "services"}


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 4, 16, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        both = Path(metafunc.definition.path).parent.name in BOTH_DATABASES
        kinds = ["sqlite", "postgresql"] if both else ["sqlite"]
        marked = metafunc.definition.get_closest_marker("databases")
        metafunc.parametrize("database", list(marked.args) if marked else kinds, indirect=True)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> databases.Postgresql:
    return databases.Postgresql(tmp_path_factory)


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> databases.Sqlite:
    return databases.Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty, migrated database."""
    kind: databases.Sqlite | databases.Postgresql = request.getfixturevalue(request.param)
    return kind.fresh(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    environ = {"DATABASE_URL": database, "SECRET_KEY": SECRET}
    return load_settings(environ, instance_path=tmp_path)


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Iterator[Flask]:
    app = create_app(settings, clock=clock)
    yield app
    with app.app_context():
        databases.dispose()


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    return app.extensions["runtime"]


@pytest.fixture
def set_settings(app: Flask):
    """Changes settings of the running application."""

    def change(**values):
        runtime: Runtime = app.extensions["runtime"]
        app.extensions["runtime"] = replace(runtime, settings=replace(runtime.settings, **values))
        put_in_front(app)

    return change


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Alice owns an organization; Bob is a member, Vera a viewer, Adam an admin; Charlie is an outsider."""
    return Cast(app)


@pytest.fixture
def alice(cast: Cast) -> Actor:
    return cast.alice
