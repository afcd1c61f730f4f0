"""Fixtures that every kind of test shares. Store and service tests run on SQLite and on PostgreSQL."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="keydesk-test-"))

from app import create_app
from app.config import Settings, load_settings
from app.extensions import limiter
from app.factory import make_runtime, use_runtime
from app.services.runtime import Runtime
from tests import databases
from tests.actors import Actor, Cast, KnownOwner

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
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[databases.Postgresql]:
    with closing(databases.Postgresql(tmp_path_factory)) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> databases.Sqlite:
    return databases.Sqlite(tmp_path_factory.mktemp("sqlite"))


def shares_app(request: pytest.FixtureRequest) -> bool:
    return "app" in request.fixturenames and not request.node.get_closest_marker("own_app")


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty, migrated database."""
    kind: databases.Sqlite | databases.Postgresql = request.getfixturevalue(request.param)
    return kind.emptied() if shares_app(request) else kind.fresh(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@cache
def usual_settings(database: str) -> Settings:
    environ = {"DATABASE_URL": database, "SECRET_KEY": SECRET}
    return load_settings(environ, instance_path=Path(os.environ["XDG_RUNTIME_DIR"]))


@pytest.fixture
def settings(database: str) -> Settings:
    return usual_settings(database)


@pytest.fixture(scope="session")
def usual_app() -> Iterator[Callable[[Settings], Flask]]:
    """An application with the usual settings, which tests share: to make one, to compile its statements and to parse
    its templates takes longer than most tests."""
    apps: dict[Settings, Flask] = {}

    def usual_app(settings: Settings) -> Flask:
        if settings not in apps:
            apps[settings] = create_app(settings)
        return apps[settings]

    yield usual_app
    for app in apps.values():
        with app.app_context():
            databases.dispose()


@pytest.fixture
def app(
    request: pytest.FixtureRequest,
    database: str,
    settings: Settings,
    clock: Clock,
    usual_app: Callable[[Settings], Flask],
) -> Iterator[Flask]:
    """The application, with nothing in its database, its caches and its counters."""
    shared = shares_app(request) and settings is usual_settings(database)
    if shared:
        app = usual_app(settings)
        use_runtime(app, make_runtime(app, settings, clock))
        limiter.reset()
    else:
        app = create_app(settings, clock=clock)
    yield app
    with app.app_context():
        databases.dispose(pool=not shared)


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    return app.extensions["runtime"]


@pytest.fixture
def set_settings(app: Flask):
    """Changes settings of the running application."""

    def change(**values):
        runtime: Runtime = app.extensions["runtime"]
        use_runtime(app, replace(runtime, settings=replace(runtime.settings, **values)))

    return change


@pytest.fixture(scope="session")
def known_owner() -> KnownOwner:
    return KnownOwner()


@pytest.fixture
def cast(
    request: pytest.FixtureRequest,
    database: str,
    app: Flask,
    settings: Settings,
    clock: Clock,
    known_owner: KnownOwner,
) -> Cast:
    """Alice owns an organization; Bob is a member, Vera a viewer, Adam an admin; Charlie is an outsider."""
    is_usual = shares_app(request) and app.extensions["runtime"].settings is settings is usual_settings(database)
    return Cast(app, known_owner(app) if is_usual and clock.now == Clock().now and databases.is_empty(app) else None)


@pytest.fixture
def alice(cast: Cast) -> Actor:
    return cast.alice
