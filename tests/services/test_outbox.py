"""The outbox: sent once, tried again when that fails, dropped when of no more use."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from app.extensions import db
from app.services import outbox, sign_in
from app.store.outbox import OutboxMail
from app.store.transaction import transaction


@pytest.fixture
def runtime(app, set_settings):
    set_settings(mail_server="127.0.0.1")
    return app.extensions["runtime"]


@pytest.fixture
def letters():
    return []


def ask(runtime, email="alice@example.com"):
    return sign_in.request_link(runtime, email=email, client="203.0.113.1")


def row():
    return db.session.execute(text("SELECT * FROM outbox_mail")).mappings().one()


def test_a_mail_goes_out_once_to_the_stored_address_and_leaves_no_secret(runtime, letters):
    link = ask(runtime, "Alice@Example.com")
    assert outbox.send_next(runtime, letters.append)
    assert not outbox.send_next(runtime, letters.append)
    (letter,) = letters
    assert (letter.recipient, letter.token.reveal()) == ("alice@example.com", link.token.reveal())
    assert (row()["secret_id"], row()["due_at"]) == (None, None)
    assert row()["sent_at"]


def test_the_row_holds_no_token_at_any_time(runtime):
    token = ask(runtime).token.reveal()
    assert token not in str(dict(row()))


def notices(runtime, count):
    """So many mails that wait, as a database holds them."""
    row = {"mail": "codes_paused", "recipient": "bob@example.com", "priority": 1, "attempts": 0}
    at, later = runtime.clock() - timedelta(hours=1), runtime.clock() + timedelta(days=1)
    row |= {"created_at": at, "due_at": at, "expires_at": later}
    with transaction():
        db.session.execute(insert(OutboxMail), [row | {"id": f"mail_{number}"} for number in range(count)])


def test_a_link_overtakes_ten_thousand_notices(runtime, letters):
    notices(runtime, 10_000)
    for _ in range(2):
        outbox.send_next(runtime, letters.append)
    ask(runtime)
    began = time.monotonic()
    outbox.send_next(runtime, letters.append)
    assert time.monotonic() - began < 1
    assert [letter.mail for letter in letters] == ["codes_paused", "codes_paused", "sign_in_link"]


def test_a_failure_is_tried_again_later_and_only_its_kind_is_noted(runtime, letters, clock):
    ask(runtime)

    def fails(letter):
        raise ConnectionRefusedError(f"no server for {letter.recipient} {letter.token.reveal()}")

    assert outbox.send_next(runtime, fails)
    assert row()["last_error"] == "ConnectionRefusedError"
    assert not outbox.send_next(runtime, letters.append)
    clock.advance(seconds=outbox.RETRY_AFTER[0])
    assert outbox.send_next(runtime, letters.append)
    assert len(letters) == 1
    assert row()["last_error"] is None


def test_a_sender_that_died_is_followed_by_one_more_try(runtime, letters, clock):
    ask(runtime)

    def killed(_letter):
        raise SystemExit

    with pytest.raises(SystemExit):
        outbox.send_next(runtime, killed)
    assert not outbox.send_next(runtime, letters.append)
    clock.advance(seconds=outbox.RETRY_AFTER[0])
    assert outbox.send_next(runtime, letters.append)
    assert not outbox.send_next(runtime, letters.append)


def test_tries_are_bounded_by_the_links_life(runtime, clock):
    ask(runtime)
    tries = []

    def fails(letter):
        tries.append(letter)
        raise OSError

    for _ in range(1000):
        outbox.send_next(runtime, fails)
        clock.advance(seconds=5)
    assert 3 <= len(tries) <= 8
    assert row()["due_at"] is None


def test_a_link_that_is_too_old_is_dropped_unsent(runtime, letters, clock):
    ask(runtime)
    clock.advance(seconds=900)
    outbox.send_next(runtime, letters.append)
    assert letters == []
    assert (row()["due_at"], row()["secret_id"]) == (None, None)


def test_parallel_senders_send_each_mail_once(app, runtime, letters):
    for number in range(12):
        ask(runtime, f"person{number}@example.com")

    def drain(_):
        with app.app_context():
            while outbox.send_next(runtime, letters.append):
                pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(drain, range(4)))
    assert sorted(letter.recipient for letter in letters) == sorted({f"person{n}@example.com" for n in range(12)})
