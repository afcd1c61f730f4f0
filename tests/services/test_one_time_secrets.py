"""Links and codes: one purpose each, ended by newer ones, used once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.domain.errors import OtpExpired, OtpInvalid, OtpMaxAttempts
from app.extensions import db
from app.services import agent_session_tokens, agent_sign_up, outbox
from tests.services.mailed_codes import EMAIL, ask, verify, wrong


@pytest.fixture
def known(alice, clock):
    clock.advance(hours=2)
    return alice


def test_a_right_code_gives_a_session_token_once(runtime, known):
    code = ask(runtime).plaintext.reveal()
    issued = verify(runtime, code)
    assert agent_session_tokens.holder(runtime, issued.token.reveal()).email == EMAIL
    with pytest.raises(OtpExpired):
        verify(runtime, code)


def test_neither_code_nor_token_is_in_the_database(runtime, known):
    code = ask(runtime).plaintext.reveal()
    token = verify(runtime, code).token.reveal()
    for table in ("one_time_secret", "outbox_mail", "agent_session_token", "audit_entry"):
        for row in db.session.execute(text(f"SELECT * FROM {table}")):
            assert code not in map(str, row)
            assert token not in str(row)


def test_the_mail_carries_the_code_that_was_made(app, known, set_settings):
    set_settings(mail_server="127.0.0.1")
    runtime = app.extensions["runtime"]
    code = ask(runtime).plaintext.reveal()
    letters = []
    while outbox.send_next(runtime, letters.append):
        pass
    assert [(letter.mail, letter.token.reveal()) for letter in letters if letter.mail == "email_code"] == [
        ("email_code", code)
    ]


def test_parallel_right_codes_give_one_token(app, runtime, known):
    code = ask(runtime).plaintext.reveal()

    def attempt(_):
        with app.app_context():
            try:
                return verify(runtime, code).token.reveal()
            except (OtpExpired, OtpMaxAttempts):
                return None

    with ThreadPoolExecutor(16) as pool:
        assert len([token for token in pool.map(attempt, range(32)) if token]) == 1


def test_a_code_lives_ten_minutes(runtime, known, clock):
    code = ask(runtime).plaintext.reveal()
    clock.advance(seconds=600)
    with pytest.raises(OtpExpired):
        verify(runtime, code)


def test_without_a_request_nothing_is_pending(runtime, known):
    with pytest.raises(OtpExpired):
        verify(runtime, "123456")


def test_a_new_code_ends_the_earlier_one_and_has_its_own_attempts(runtime, known, clock):
    first = ask(runtime).plaintext.reveal()
    for _ in range(5):
        with pytest.raises(OtpInvalid):
            verify(runtime, wrong(first))
    clock.advance(seconds=60)
    second = ask(runtime).plaintext.reveal()
    with pytest.raises(OtpInvalid) as refused:
        verify(runtime, first if first != second else wrong(second))
    assert refused.value.details == {"remaining_attempts": 4}
    assert verify(runtime, second).token.reveal()


def test_purposes_are_kept_apart(runtime, known, clock):
    code = ask(runtime).plaintext.reveal()
    with pytest.raises(OtpExpired):
        agent_sign_up.verify(runtime, email=EMAIL, code=code)
    clock.advance(seconds=60)
    sign_up_code = agent_sign_up.request(runtime, email=EMAIL, client="203.0.113.1").plaintext.reveal()
    with pytest.raises(OtpInvalid):
        verify(runtime, sign_up_code if sign_up_code != code else wrong(code))
    assert verify(runtime, code).token.reveal()
