"""Session tokens: whose, how long, and no longer than their person may act."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from app.domain import key_format
from app.domain.errors import InvalidKey, KeyDisabled, KeyExpired
from app.services import agent_session_tokens
from app.store import people
from app.store.transaction import transaction


@pytest.fixture
def token(runtime, alice, clock):
    with transaction():
        return agent_session_tokens.issue(runtime, alice.person_id, alice.email, clock.now).token.reveal()


def test_a_token_says_whose_it_is(runtime, alice, token):
    assert agent_session_tokens.holder(runtime, token).person_id == alice.person_id
    assert agent_session_tokens.is_session_token(runtime, token)


def test_it_ends_at_its_moment(runtime, token, clock):
    clock.advance(seconds=899)
    assert agent_session_tokens.holder(runtime, token)
    clock.advance(seconds=1)
    with pytest.raises(KeyExpired):
        agent_session_tokens.holder(runtime, token)


def test_it_ends_with_its_person(runtime, token, clock):
    with transaction():
        people.by_email("alice@example.com").disabled_at = clock.now
    with pytest.raises(KeyDisabled):
        agent_session_tokens.holder(runtime, token)


@pytest.mark.parametrize(
    "wrong", ["owt_", "owt_" + "A" * 32, key_format.finish("owt_", "A" * 26).plaintext.reveal(), "\x00", "é"]
)
def test_what_is_none_is_invalid(runtime, token, wrong):
    with pytest.raises(InvalidKey):
        agent_session_tokens.holder(runtime, wrong)


@pytest.mark.databases("postgresql")
def test_people_who_joined_in_different_orders_do_not_wait_for_each_other_in_a_ring(app, runtime, cast, clock):
    alice, charlie = cast.alice, cast.charlie
    clock.advance(hours=1)
    cast.join(alice, charlie.own_organization())
    cast.join(charlie, alice.org)
    who = {actor.email: actor.person_id for actor in (alice, charlie)}
    both = Barrier(2)

    def issue(email):
        with app.app_context():
            for _ in range(25):
                both.wait(30)
                with transaction():
                    assert agent_session_tokens.issue(runtime, who[email], email, runtime.clock()).token.reveal()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(issue, who))
