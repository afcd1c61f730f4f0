"""Device grants: who may decide about which, and each used once."""

from datetime import timedelta

import pytest

from app.extensions import db
from app.store import device_grants
from app.store.device_grants import APPROVED, DENIED, DeviceGrant
from app.store.transaction import transaction

LIFE = timedelta(minutes=10)


@pytest.fixture
def grant(app, clock):
    """Makes one, with codes of its own."""

    def grant(name, **values):
        with transaction():
            return device_grants.add(
                device_digest=f"device {name}".encode(),
                user_digest=f"user {name}".encode(),
                client_name=name,
                address="203.0.113.1",
                scopes=("agent:r",),
                created_at=clock.now,
                expires_at=clock.now + LIFE,
                interval=5,
                **values,
            ).id

    return grant


def test_a_person_decides_about_what_is_undecided_until_it_expires(grant, clock):
    asked = grant("asked")
    grant("approved", decision=APPROVED)
    grant("denied", decision=DENIED)
    with transaction():
        assert device_grants.waiting(b"user asked", clock.now).id == asked
        for digest in (b"user approved", b"user denied", b"user none", b"device asked"):
            assert device_grants.waiting(digest, clock.now) is None
        clock.advance(seconds=LIFE.total_seconds())
        assert device_grants.waiting(b"user asked", clock.now) is None
        assert device_grants.waiting(b"user asked", clock.now - timedelta(microseconds=1)).id == asked


def test_an_agent_is_told_of_its_own_whatever_came_of_it(grant, clock):
    denied = grant("denied", decision=DENIED)
    clock.advance(hours=1)
    with transaction():
        assert device_grants.polled(b"device denied").id == denied
        assert device_grants.polled(b"user denied") is None


def test_only_what_was_approved_is_used_and_that_once(grant, clock):
    for name, decision, used in (("one", APPROVED, True), ("two", DENIED, False), ("three", None, False)):
        grant_id = grant(name, decision=decision)
        with transaction():
            assert device_grants.use_up(grant_id, clock.now) is used
        with transaction():
            assert device_grants.use_up(grant_id, clock.now) is False


def test_what_expired_before_a_moment_is_forgotten_and_what_expired_at_it_is_kept(grant, clock):
    grant("old")
    clock.advance(seconds=1)
    grant("young")
    with transaction():
        device_grants.prune(clock.now + LIFE)
    assert db.session.scalars(db.select(DeviceGrant.client_name)).all() == ["young"]


@pytest.mark.databases("postgresql")
def test_who_decides_or_polls_is_waited_for(grant, clock, has_to_wait):
    grant("asked")
    with transaction():
        assert device_grants.waiting(b"user asked", clock.now)
        assert has_to_wait(lambda: device_grants.polled(b"device asked"))
        assert has_to_wait(lambda: device_grants.waiting(b"user asked", clock.now))
    assert not has_to_wait(lambda: device_grants.polled(b"device asked"))
