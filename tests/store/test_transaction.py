"""Transactions: all or nothing, on what is true now, writers in line."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from app.extensions import Base, db
from app.store import memberships, organizations
from app.store.organizations import Organization
from app.store.transaction import afterwards, transaction
from tests.store.writers import arguments, writers


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
    assert memberships.seen_by("nobody", org_id) is None

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


def test_nothing_is_written_or_locked_outside_of_a_transaction(app):
    """A lock would end before whatever relies on it begins. One test for all functions, and it names those that would
    write or lock."""
    not_refused = []
    for name, write in writers().items():
        try:
            write(**arguments(write))
            not_refused.append(name)
        except RuntimeError as refused:
            if "call it inside transaction()" not in str(refused):
                raise
        finally:
            db.session.close()
    assert not_refused == []
    for table in Base.metadata.sorted_tables:
        assert db.session.execute(select(func.count()).select_from(table)).scalar_one() == 0, table


def test_every_table_has_a_function_that_writes_it_and_that_is_found():
    tables = {mapper.class_.__module__.rpartition(".")[2] for mapper in Base.registry.mappers}
    assert tables <= {name.partition(".")[0] for name in writers()}
    # One of each way to write, and one that locks.
    assert {
        "keys.add",
        "keys.add_missing",
        "memberships.put",
        "sessions.end",
        "usage.add",
        "keys.locked",
    } <= set(writers())


def test_what_comes_afterwards_comes_after_the_commit_and_only_then(app, clock):
    seen = []

    def look():
        with app.app_context():
            seen.append(db.session.scalar(select(func.count()).select_from(Organization)))

    def add(name, *, fails=False):
        with transaction():
            organizations.add(name, clock())
            afterwards(look)
            assert not fails

    with app.app_context():
        with pytest.raises(AssertionError):
            add("Never", fails=True)
        add("First")
        add("Second")
        with pytest.raises(RuntimeError):
            afterwards(look)
    assert seen == [1, 2]
