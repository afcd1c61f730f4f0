"""Credits: a ledger whose sum is the balance, never below zero."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import ValidationFailed
from app.domain.key_settings import KeySettings
from app.extensions import db
from app.services import audit, credits, key_verification, keys
from app.store import credits as store
from app.store.transaction import transaction


def test_a_grant_is_in_the_ledger_the_balance_and_the_audit_log(runtime, alice):
    after = credits.grant(runtime, alice.org, 50, actor="operator")
    assert (after.granted, after.used, after.balance) == (1050, 0, 1050)
    assert store.ledger_sum(alice.org) == 1050
    assert audit.page(alice.org, limit=1, cursor=None).items[0].action == "credits.granted"


@pytest.mark.parametrize("amount", [0, -1, 10**12 + 1])
def test_a_grant_that_cannot_be_meant_is_refused(runtime, alice, amount):
    with pytest.raises(ValidationFailed):
        credits.grant(runtime, alice.org, amount, actor="operator")


def test_parallel_debits_never_go_below_zero_and_the_ledger_adds_up(app, runtime, alice, clock):
    def take(_):
        with app.app_context(), transaction():
            return store.take(alice.org, 30, "a route", clock.now)

    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(take, range(60)))
    assert taken == 33
    assert credits.balance(alice.org).balance == store.ledger_sum(alice.org) == 10


def spend(app, runtime, plaintext, times):
    """Outcomes of so many requests at once that cost 10 each."""

    def ask(_):
        with app.app_context():
            return key_verification.verify(runtime, plaintext, scope=None, cost=10).outcome.value

    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(ask, range(times)))


@pytest.fixture
def limited(runtime, alice):
    """A key that may make 5 requests a minute."""
    issued = keys.create(runtime, alice.member, KeySettings(name="CI"))
    with transaction():
        db.session.execute(db.text("UPDATE api_key SET rate_requests = 5, rate_seconds = 60"))
    return issued.plaintext.reveal()


def test_a_request_over_the_limit_costs_nothing(app, runtime, alice, limited):
    assert spend(app, runtime, limited, 24) == {"VALID": 5, "RATE_LIMITED": 19}
    assert credits.balance(alice.org).balance == store.ledger_sum(alice.org) == 950


def test_a_request_that_nobody_can_pay_counts_in_no_window(app, runtime, alice, limited):
    with transaction():
        assert store.take(alice.org, 975, "a route", runtime.clock())
    assert spend(app, runtime, limited, 24) == {"VALID": 2, "CREDITS_EXHAUSTED": 22}
    record = key_verification.require(runtime, limited, scope=None)
    assert runtime.key_rate_limits.take(record, record.rate_limit)[1].remaining == 1
    assert credits.balance(alice.org).balance == 5
