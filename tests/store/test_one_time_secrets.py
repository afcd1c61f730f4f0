"""One-time secrets: used once, for one purpose, before they expire."""

from datetime import timedelta

import pytest

from app.extensions import db
from app.store import one_time_secrets
from app.store.one_time_secrets import OneTimeSecret
from app.store.transaction import transaction

LIFE = timedelta(minutes=10)


@pytest.fixture
def add(app, clock):
    """Makes one; its id."""

    def add(**values):
        wanted = {"purpose": "email_code", "email": "ann@example.com", "now": clock.now, "expires_at": clock.now + LIFE}
        with transaction():
            return one_time_secrets.add(**(wanted | values)).id

    return add


@pytest.fixture
def consume(clock):
    """Whether this used it up."""

    def consume(secret_id, purpose="email_code"):
        with transaction():
            return one_time_secrets.consume(secret_id, purpose, clock.now) is not None

    return consume


@pytest.fixture
def attempt(clock):
    def attempt(secret_id):
        with transaction():
            return one_time_secrets.count_attempt(secret_id, most=2, now=clock.now)

    return attempt


def test_a_secret_is_used_once_and_for_its_own_purpose(add, consume):
    secret_id = add()
    assert one_time_secrets.get(secret_id, "link") is None
    assert [consume(secret_id, "link"), consume("ots_none")] == [False, False]
    assert [consume(secret_id), consume(secret_id)] == [True, False]
    assert one_time_secrets.get(secret_id, "email_code").used_at is not None


def test_it_expires_at_its_moment_not_after(add, consume, attempt, clock):
    secret_id = add()
    clock.advance(seconds=LIFE.total_seconds())
    assert (attempt(secret_id), consume(secret_id)) == (None, False)
    clock.advance(microseconds=-1)
    assert (attempt(secret_id), consume(secret_id)) == (1, True)


def test_tries_are_counted_up_to_the_most_and_not_once_it_is_used(add, consume, attempt):
    tried, used = add(), add()
    assert [attempt(tried) for _ in range(4)] == [1, 2, None, None]
    assert one_time_secrets.by_id(tried).attempts == 2
    assert consume(used)
    assert attempt(used) is None


def test_the_newest_of_an_address_and_purpose_is_the_one_that_counts(add, clock):
    add()
    clock.advance(seconds=1)
    newest = max(add(), add())
    clock.advance(seconds=1)
    add(purpose="link")
    add(email="ben@example.com")
    assert one_time_secrets.newest("ann@example.com", "email_code").id == newest
    assert one_time_secrets.newest("ann@example.com", "sign_up_code") is None


def test_what_expired_before_a_moment_is_forgotten_and_what_expired_at_it_is_kept(add, clock):
    add()
    clock.advance(seconds=1)
    young = add()
    with transaction():
        one_time_secrets.prune(clock.now + LIFE)
    assert db.session.scalars(db.select(OneTimeSecret.id)).all() == [young]
