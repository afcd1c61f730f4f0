"""Session tokens of agents."""

from datetime import timedelta

from app.extensions import db
from app.store import agent_session_tokens, people
from app.store.agent_session_tokens import AgentSessionToken
from app.store.transaction import transaction

LIFE = timedelta(minutes=15)


def add(person, digest, clock):
    with transaction():
        agent_session_tokens.add(person_id=person, digest=digest, now=clock.now, expires_at=clock.now + LIFE)


def test_a_token_tells_whose_it_is_until_when_and_whether_they_are_disabled(person, clock):
    add(person, b"one", clock)
    expires_at = clock.now + LIFE
    assert agent_session_tokens.holder(b"one") == (person, "ann@example.com", expires_at, False)
    assert agent_session_tokens.holder(b"two") is None
    with transaction():
        people.get(person).disabled_at = clock.now
    assert agent_session_tokens.holder(b"one").disabled is True


def test_what_expired_before_a_moment_is_forgotten_and_what_expired_at_it_is_kept(person, clock):
    add(person, b"old", clock)
    clock.advance(seconds=1)
    add(person, b"young", clock)
    with transaction():
        agent_session_tokens.prune(clock.now + LIFE)
    assert db.session.scalars(db.select(AgentSessionToken.digest)).all() == [b"young"]
