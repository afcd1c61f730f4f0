"""Transactions: all or nothing, on what is true now, writers in line."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from app.extensions import db
from app.store import organizations
from app.store.organizations import Organization
from app.store.transaction import transaction


def test_what_fails_leaves_nothing(app, clock):
    def fails():
        with transaction():
            organizations.add("Org", clock.now)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fails()
    assert db.session.scalars(select(Organization)).all() == []


def test_transactions_do_not_nest(app):
    with transaction(), pytest.raises(RuntimeError, match="do not nest"), transaction():
        pass


def test_a_transaction_decides_on_what_is_true_now(app, clock):
    with transaction():
        org_id = organizations.add("Org", clock.now).id
    assert organizations.seen_by("nobody", org_id) is None

    def raise_elsewhere():
        with app.app_context(), transaction():
            organizations.raise_cache_generation(org_id)

    assert db.session.get(Organization, org_id).cache_generation == 0
    with ThreadPoolExecutor(1) as pool:
        pool.submit(raise_elsewhere).result()
    with transaction():
        assert db.session.get(Organization, org_id).cache_generation == 1


def test_thirty_two_writers_wait_their_turn(app, clock):
    with transaction():
        org_id = organizations.add("Org", clock.now).id

    def write(_):
        with app.app_context():
            for _ in range(5):
                with transaction():
                    # Reads first, as most use cases do: on SQLite a deferred transaction would fail here.
                    db.session.execute(text("SELECT count(*) FROM organization"))
                    organizations.raise_cache_generation(org_id)

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(write, range(32)))
    assert db.session.get(Organization, org_id).cache_generation == 160


@pytest.mark.databases("sqlite")
def test_sqlite_is_opened_for_durability(app):
    pragmas = {
        name: db.session.execute(text(f"PRAGMA {name}")).scalar_one()
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
