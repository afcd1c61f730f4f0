"""Attempts to get in, as limits count them."""

from datetime import timedelta

import pytest

from app.store import sign_in_attempts
from app.store.transaction import transaction

ANN, BEN, HERE, THERE = "ann@example.com", "ben@example.com", "203.0.113.1", "198.51.100.1"


@pytest.fixture
def add(app, clock):
    """One attempt a second."""

    def add(kind, email, client):
        clock.advance(seconds=1)
        with transaction():
            sign_in_attempts.add(kind, email=email, client=client, at=clock.now)
        return clock.now

    return add


def test_attempts_are_counted_by_kind_address_and_client_newest_first(add, clock):
    began = clock.now
    one, two = add("link", ANN, HERE), add("link", ANN, THERE)
    three, four = add("link", BEN, HERE), add("code", ANN, HERE)
    five = add("link", None, HERE)
    for kind, who, expected in (
        ("link", {}, [five, three, two, one]),
        ("link", {"email": ANN}, [two, one]),
        ("link", {"client": HERE}, [five, three, one]),
        ("link", {"email": ANN, "client": HERE}, [one]),
        ("code", {}, [four]),
        ("code", {"email": BEN}, []),
    ):
        assert sign_in_attempts.times_since(began, kind, **who, limit=9) == expected, (kind, who)
    assert sign_in_attempts.times_since(began, "link", limit=2) == [five, three]


def test_a_window_opens_after_its_moment_and_what_is_older_than_it_is_forgotten(add):
    old, at, young = (add("link", ANN, HERE) for _ in range(3))
    assert sign_in_attempts.times_since(at, "link", limit=9) == [young]
    with transaction():
        sign_in_attempts.prune(at)
    assert sign_in_attempts.times_since(old - timedelta(days=1), "link", limit=9) == [young, at]
