"""Credits: a ledger whose sum is the balance, never below zero."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import ValidationFailed
from app.services import audit, credits
from app.store import credits as store
from app.store.transaction import transaction


def test_a_grant_is_in_the_ledger_the_balance_and_the_audit_log(desk, alice):
    after = credits.grant(desk, alice.org, 50, actor="operator")
    assert (after.granted, after.used, after.balance) == (1050, 0, 1050)
    assert store.ledger_sum(alice.org) == 1050
    assert audit.page(alice.org, limit=1, cursor=None).items[0].action == "credits.granted"


@pytest.mark.parametrize("amount", [0, -1, 10**12 + 1])
def test_a_grant_that_cannot_be_meant_is_refused(desk, alice, amount):
    with pytest.raises(ValidationFailed):
        credits.grant(desk, alice.org, amount, actor="operator")


def test_parallel_debits_never_go_below_zero_and_the_ledger_adds_up(app, desk, alice, clock):
    def take(_):
        with app.app_context(), transaction():
            return store.take(alice.org, 30, "a route", clock.now)

    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(take, range(60)))
    assert taken == 33
    assert credits.balance(alice.org).balance == store.ledger_sum(alice.org) == 10
