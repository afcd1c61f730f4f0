"""Reading past the session: what is true now, and a quick refusal when nobody answers."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from app.extensions import db
from app.store import organizations
from app.store.database_errors import DatabaseUnavailable
from app.store.organizations import Organization
from app.store.transaction import transaction
from app.store.verification_connections import ANSWER_SECONDS, VerificationReader


@pytest.fixture
def reader(app):
    reader = VerificationReader(db.engine)
    yield reader
    reader.close()


@pytest.fixture
def names(reader):
    query = reader.prepare(select(Organization.name))
    return lambda: [name for (name,) in reader.rows(query)]


def test_each_read_sees_what_was_committed_before_it(names, clock):
    for number in range(1, 4):
        with transaction():
            organizations.add("Org", clock.now)
        # The session's own snapshot may be as old as it likes.
        db.session.scalars(select(Organization)).all()
        assert len(names()) == number


def test_threads_read_at_once(names, clock):
    with transaction():
        organizations.add("Org", clock.now)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda _: names(), range(200))) == [["Org"]] * 200


@pytest.mark.databases("postgresql")
def test_a_connection_that_was_cut_is_replaced(names):
    assert names() == []
    db.session.execute(
        text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()"
        )
    )
    assert names() == []


@pytest.mark.databases("postgresql")
def test_a_statement_that_waits_is_given_up_soon_and_the_next_works(names):
    db.session.execute(text("LOCK TABLE organization IN ACCESS EXCLUSIVE MODE"))
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        names()
    assert time.monotonic() - began < ANSWER_SECONDS
    db.session.rollback()
    assert names() == []


@pytest.mark.databases("postgresql")
def test_settings_in_the_address_are_no_obstacle(app):
    engine = db.create_engine(
        f"{db.engine.url.render_as_string(hide_password=False)}&connect_timeout=3&options=-cgeqo%3Doff"
    )
    reader = VerificationReader(engine)
    assert reader.rows(reader.prepare(select(Organization.name))) == []
    reader.close()
    engine.dispose()
