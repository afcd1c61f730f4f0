"""Codes: counted before they are compared, ended by newer ones, paused after a hundred wrong ones in a row."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from app.domain.errors import OtpExpired, OtpInvalid, OtpMaxAttempts, RateLimited
from app.domain.one_time_secrets import CODE_TRIES, Purpose
from app.extensions import db
from app.services import agent_sign_up, email_codes, outbox, session_tokens, sign_in
from app.store import wrong_code_counts
from app.store.transaction import transaction

EMAIL = "alice@example.com"


@pytest.fixture
def known(alice, clock):
    clock.advance(hours=2)
    return alice


def ask(runtime, email=EMAIL, client="203.0.113.1"):
    return email_codes.request(runtime, email=email, client=client)


def verify(runtime, code, email=EMAIL):
    return email_codes.verify(runtime, email=email, code=code)


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_right_code_gives_a_session_token_once(runtime, known):
    code = ask(runtime).plaintext.reveal()
    issued = verify(runtime, code)
    assert session_tokens.holder(runtime, issued.token.reveal()).email == EMAIL
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


def test_five_tries_then_not_even_the_right_code(runtime, known):
    code = ask(runtime).plaintext.reveal()
    for remaining in (4, 3, 2, 1, 0):
        with pytest.raises(OtpInvalid) as refused:
            verify(runtime, wrong(code))
        assert refused.value.details == {"remaining_attempts": remaining}
    for sent in (wrong(code), code):
        with pytest.raises(OtpMaxAttempts) as refused:
            verify(runtime, sent)
        assert 1 <= refused.value.retry_after <= 60


def test_fifty_parallel_wrong_codes_are_compared_five_times(app, runtime, known, monkeypatch):
    code = ask(runtime).plaintext.reveal()
    compared = []
    honest = type(runtime.codes).matches
    monkeypatch.setattr(type(runtime.codes), "matches", lambda *args: compared.append(1) or honest(*args))

    def attempt(number):
        with app.app_context():
            try:
                verify(runtime, wrong(code))
            except (OtpInvalid, OtpMaxAttempts) as refused:
                return type(refused)

    with ThreadPoolExecutor(16) as pool:
        refusals = list(pool.map(attempt, range(50)))
    assert len(compared) == 5
    assert (refusals.count(OtpInvalid), refusals.count(OtpMaxAttempts)) == (5, 45)
    with pytest.raises(OtpMaxAttempts):
        verify(runtime, code)


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


def test_an_unknown_address_walks_the_same_states(runtime, known):
    answers = {}
    for email in (EMAIL, "nobody@example.com"):
        seen = []
        ask(runtime, email=email, client=email)
        for _ in range(7):
            try:
                verify(runtime, "not a code", email=email)
            except (OtpInvalid, OtpMaxAttempts) as refused:
                seen.append((refused.error_code, dict(refused.details)))
        answers[email] = seen
    assert answers[EMAIL] == answers["nobody@example.com"]
    assert len(answers[EMAIL]) == 7


def test_no_code_verifies_for_an_unknown_address(runtime, known):
    ask(runtime, email="nobody@example.com")
    row = db.session.execute(text("SELECT id, digest FROM one_time_secret WHERE email = 'nobody@example.com'")).one()
    code = runtime.codes.again(Purpose.EMAIL_CODE, row.id, row.digest)
    with pytest.raises(OtpInvalid):
        verify(runtime, code, email="nobody@example.com")


def attack(runtime, clock, email=EMAIL):
    """Wrong codes as fast as the limits allow, until codes pause; how many were compared."""
    guesses = 0
    while True:
        try:
            code = ask(runtime, email=email, client=f"198.51.100.{guesses % 250}").plaintext.reveal() or "000000"
        except OtpMaxAttempts:
            return guesses
        except RateLimited as limited:
            clock.advance(seconds=limited.retry_after)
            continue
        for _ in range(5):
            try:
                verify(runtime, wrong(code), email=email)
            except OtpInvalid:
                guesses += 1
            except OtpMaxAttempts:
                break


def told():
    return db.session.execute(text("SELECT count(*) FROM outbox_mail WHERE mail = 'codes_paused'")).scalar_one()


@pytest.mark.databases("sqlite")
def test_a_hundred_wrong_codes_in_a_row_pause_codes_for_a_day_and_the_owner_is_told(runtime, known, clock):
    assert attack(runtime, clock) == 100
    assert told() == 1
    with pytest.raises(OtpMaxAttempts) as refused:
        verify(runtime, "123456")
    assert 80_000 < refused.value.retry_after <= 86_400
    clock.advance(days=1)
    assert verify(runtime, ask(runtime).plaintext.reveal()).token.reveal()


def test_parallel_codes_do_not_get_past_the_hundredth(app, runtime, known, clock):
    agent_sign_up.request(runtime, email=EMAIL, client="203.0.113.2")
    clock.advance(seconds=60)
    ask(runtime)
    with transaction():
        for _ in range(99):
            wrong_code_counts.count(EMAIL, clock.now)
    everybody = Barrier(12)

    def attempt(number):
        with app.app_context():
            everybody.wait(30)
            try:
                (agent_sign_up if number % 2 else email_codes).verify(runtime, email=EMAIL, code="no code")
            except (OtpInvalid, OtpMaxAttempts) as refused:
                return type(refused)

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(attempt, range(12))).count(OtpInvalid) == 1
    assert told() == 1


@pytest.mark.databases("sqlite")
def test_a_link_sign_in_lifts_the_pause(runtime, known, clock):
    attack(runtime, clock)
    link = sign_in.request_link(runtime, email=EMAIL, client="203.0.113.9")
    sign_in.redeem(runtime, link.token.reveal(), address="", user_agent="")
    clock.advance(hours=1)
    assert verify(runtime, ask(runtime).plaintext.reveal()).token.reveal()


@pytest.mark.databases("sqlite")
def test_a_right_code_ends_the_count_of_wrong_ones(runtime, known, clock):
    for number in range(30):
        code = ask(runtime, client=f"203.0.113.{number}").plaintext.reveal()
        for _ in range(4):
            with pytest.raises(OtpInvalid):
                verify(runtime, wrong(code))
        assert verify(runtime, code).token.reveal()
        clock.advance(hours=1)
    assert told() == 0


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("days", [3, pytest.param(365, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])
def test_under_attack_the_owner_is_told_after_every_hundred_guesses(runtime, known, clock, days):
    end = clock.now + timedelta(days=days)
    guesses = 0
    while clock.now < end:
        guesses += attack(runtime, clock)
        assert guesses == 100 * told()
        clock.advance(days=1)
    print(f"{days} days: {guesses} guesses, {told()} mails to the owner")
    assert told() >= days // 3


def test_a_code_for_a_session_token_is_tried_five_times_and_one_for_sign_up_ten():
    assert CODE_TRIES == {Purpose.EMAIL_CODE: 5, Purpose.SIGN_UP_CODE: 10}
