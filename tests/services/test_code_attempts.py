"""Attempts to enter a code: counted before they are compared, paused after a hundred wrong ones in a row."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import text

from app.domain.errors import OtpInvalid, OtpMaxAttempts, RateLimited
from app.domain.one_time_secrets import CODE_TRIES, Purpose
from app.extensions import db
from app.services import agent_sign_up, email_codes, sign_in
from app.store import wrong_code_counts
from app.store.transaction import transaction
from tests.services.mailed_codes import EMAIL, ask, verify, wrong


@pytest.fixture
def known(alice, clock):
    clock.advance(hours=2)
    return alice


def told():
    return db.session.execute(text("SELECT count(*) FROM outbox_mail WHERE mail = 'codes_paused'")).scalar_one()


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
