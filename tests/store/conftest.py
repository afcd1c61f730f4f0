"""The store is used inside an application context, as in a request or a command."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.extensions import db
from app.store import audit, organizations, people
from app.store.transaction import transaction
from tests.conftest import Clock


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


@pytest.fixture
def org(app: Flask, clock: Clock) -> str:
    """An organization's id."""
    with transaction():
        return organizations.add("Acme", clock.now).id


@pytest.fixture
def other_org(app: Flask, clock: Clock) -> str:
    with transaction():
        return organizations.add("Bolt", clock.now).id


@pytest.fixture
def person(app: Flask, clock: Clock) -> str:
    """A person's id."""
    with transaction():
        return people.add("ann@example.com", clock.now).id


@pytest.fixture
def has_to_wait(app: Flask) -> Callable[[Callable[[], object]], bool]:
    """Whether somebody else has to wait who does this now. On PostgreSQL: on SQLite all writers wait for each other."""

    def has_to_wait(act: Callable[[], object]) -> bool:
        def somebody_else() -> None:
            with app.app_context(), transaction():
                db.session.execute(text("SET LOCAL lock_timeout = '100ms'"))
                act()

        with ThreadPoolExecutor(1) as pool:
            try:
                pool.submit(somebody_else).result()
            except OperationalError:
                return True
        return False

    return has_to_wait


@pytest.fixture
def append(clock: Clock) -> Callable[..., None]:
    """Adds an entry to the audit log of an organization."""

    def append(org_id: str, action: str, **details: Any) -> None:
        with transaction():
            audit.append(org_id, at=clock.now, action=action, actor="ann", target="key_1", details=details)

    return append
