"""Limits of links and codes: exact, and counted together by everybody who asks."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.domain.errors import RateLimited
from app.extensions import db
from app.services import agent_sign_up, email_codes, sign_in
from app.services.sign_in_limits import LIMITS, Attempt

EMAIL = "alice@example.com"


@pytest.fixture
def known(alice, clock):
    clock.advance(hours=2)
    return alice


def ask_for_link(runtime, email=EMAIL, client="203.0.113.1", **more):
    return sign_in.request_link(runtime, email=email, client=client, **more)


def ask_for_code(runtime, email=EMAIL, client="203.0.113.1"):
    return email_codes.request(runtime, email=email, client=client)


def count(table):
    return db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_five_an_hour_per_address_and_client(runtime, clock):
    for _ in range(5):
        ask_for_link(runtime)
        clock.advance(seconds=60)
    with pytest.raises(RateLimited) as refused:
        ask_for_link(runtime)
    assert refused.value.details["retry_after_seconds"] == 3600 - 300
    ask_for_link(runtime, client="203.0.113.2")
    ask_for_link(runtime, email="bob@example.com")
    clock.advance(seconds=3300)
    assert ask_for_link(runtime).token.reveal()


def test_a_refused_request_counts_in_no_window(runtime, clock):
    for _ in range(5):
        ask_for_link(runtime)
    for _ in range(20):
        with pytest.raises(RateLimited):
            ask_for_link(runtime)
    clock.advance(seconds=3600)
    for _ in range(5):
        assert ask_for_link(runtime).token.reveal()


def test_thirty_an_hour_per_address_from_anywhere_of_which_five_are_kept_for_its_own_browsers(runtime):
    for number in range(25):
        ask_for_link(runtime, client=f"203.0.113.{number}")
    with pytest.raises(RateLimited) as refused:
        ask_for_link(runtime, client="198.51.100.1")
    assert refused.value.quota == 25
    for _ in range(5):
        assert ask_for_link(runtime, client="198.51.100.1", known_browser=True).token
    with pytest.raises(RateLimited) as refused:
        ask_for_link(runtime, client="198.51.100.2", known_browser=True)
    assert refused.value.quota == 30


def test_all_tags_of_a_mailbox_share_its_limits(runtime):
    for number in range(5):
        ask_for_link(runtime, email=f"alice+{number}@example.com")
    for another in ("alice+another@example.com", EMAIL):
        with pytest.raises(RateLimited):
            ask_for_link(runtime, email=another)
    ask_for_link(runtime, email="bob+0@example.com")
    ask_for_code(runtime, email="alice+0@example.com")
    with pytest.raises(RateLimited):
        ask_for_code(runtime, email="alice+1@example.com")


def test_thirty_an_hour_per_client_for_any_address(runtime):
    for number in range(30):
        ask_for_link(runtime, email=f"person{number}@example.com")
    with pytest.raises(RateLimited):
        ask_for_link(runtime, email="another@example.com")
    assert ask_for_link(runtime, email="another@example.com", client="198.51.100.1").token.reveal()


def test_parallel_requests_cannot_pass_the_limit(app, runtime):
    def attempt(_):
        with app.app_context():
            try:
                return ask_for_link(runtime).token.reveal()
            except RateLimited:
                return None

    with ThreadPoolExecutor(16) as pool:
        sent = [token for token in pool.map(attempt, range(24)) if token]
    assert len(sent) == 5
    assert count("one_time_secret") == 5


def test_one_a_minute_five_an_hour_per_address_across_both_purposes(runtime, known, clock):
    for number in range(5):
        (email_codes if number % 2 else agent_sign_up).request(runtime, email=EMAIL, client=f"203.0.113.{number}")
        with pytest.raises(RateLimited) as refused:
            ask_for_code(runtime, client="198.51.100.1")
        assert refused.value.details["retry_after_seconds"] == 60
        clock.advance(seconds=60)
    with pytest.raises(RateLimited) as refused:
        agent_sign_up.request(runtime, email=EMAIL, client="198.51.100.1")
    assert refused.value.details["retry_after_seconds"] == 3600 - 5 * 60
    clock.advance(seconds=3600 - 5 * 60)
    assert ask_for_code(runtime).plaintext.reveal()


def test_ten_an_hour_per_client(runtime, known):
    for number in range(10):
        ask_for_code(runtime, email=f"person{number}@example.com")
    with pytest.raises(RateLimited):
        ask_for_code(runtime, email="another@example.com")
    assert ask_for_code(runtime, email="another@example.com", client="198.51.100.1")


def test_the_limits_of_codes_are_the_promised_ones():
    assert [(limit.window.quota, limit.window.seconds) for limit in LIMITS[Attempt.CODE]] == [
        (1, 60),
        (5, 3600),
        (10, 3600),
    ]
