"""Session tokens: whose, how long, and no longer than their person may act."""

import pytest

from app.domain import key_format
from app.domain.errors import InvalidKey, KeyDisabled, KeyExpired
from app.services import session_tokens
from app.store import people
from app.store.transaction import transaction


@pytest.fixture
def token(desk, alice, clock):
    with transaction():
        return session_tokens.issue(desk, alice.person_id, alice.email, clock.now).token


def test_a_token_says_whose_it_is(desk, alice, token):
    assert session_tokens.holder(desk, token).person_id == alice.person_id
    assert session_tokens.is_session_token(desk, token)


def test_it_ends_at_its_moment(desk, token, clock):
    clock.advance(seconds=899)
    assert session_tokens.holder(desk, token)
    clock.advance(seconds=1)
    with pytest.raises(KeyExpired):
        session_tokens.holder(desk, token)


def test_it_ends_with_its_person(desk, token, clock):
    with transaction():
        people.by_email("alice@example.com").disabled_at = clock.now
    with pytest.raises(KeyDisabled):
        session_tokens.holder(desk, token)


@pytest.mark.parametrize(
    "wrong", ["owt_", "owt_" + "A" * 32, key_format.finish("owt_", "A" * 26).plaintext, "\x00", "é"]
)
def test_what_is_none_is_invalid(desk, token, wrong):
    with pytest.raises(InvalidKey):
        session_tokens.holder(desk, wrong)
