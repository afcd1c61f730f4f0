"""The credit ledger: its sum is the balance, which never goes below zero."""

from app.domain.ids import new_id
from app.store import credits, keys
from app.store.transaction import transaction


def grant(org_id, amount, clock):
    with transaction():
        credits.grant(org_id, amount, "a gift", clock.now)


def take(org_id, amount, clock):
    with transaction():
        return credits.take(org_id, amount, "a route", clock.now)


def test_all_that_is_left_can_be_taken_and_not_one_more(org, clock):
    grant(org, 10, clock)
    assert not take(org, 11, clock)
    assert take(org, 4, clock)
    assert not take(org, 7, clock)
    assert take(org, 6, clock)
    assert not take(org, 1, clock)
    assert credits.balance(org) == (10, 10)
    assert credits.balance(org).balance == credits.ledger_sum(org) == 0


def test_each_organization_has_credits_of_its_own(org, other_org, clock):
    grant(org, 10, clock)
    grant(other_org, 3, clock)
    assert not take(other_org, 4, clock)
    assert take(org, 4, clock)
    assert [credits.balance(org_id).balance for org_id in (org, other_org)] == [6, 3]
    assert [credits.ledger_sum(org_id) for org_id in (org, other_org)] == [6, 3]


def test_without_an_entry_the_sum_is_zero_and_nothing_is_there_to_take(org, clock):
    assert credits.ledger_sum(org) == 0
    assert not take(org, 1, clock)
    assert not take("org_none", 1, clock)


def test_the_last_entries_come_newest_first_with_the_key_that_used_them(org, other_org, clock):
    key_id = new_id("key")
    with transaction():
        keys.add(
            key_id=key_id,
            org_id=org,
            digest=b"1",
            start="whk_1",
            last4="wxyz",
            prefix="whk_",
            name="CI",
            scopes=("agent:r",),
            created_at=clock.now,
        )
    grant(org, 10, clock)
    grant(other_org, 3, clock)
    for reason in (key_id, "0f0e8c7a-97e6-4b5f-8a0e-3d1f5c2b7a69"):
        clock.advance(seconds=1)
        with transaction():
            credits.take(org, 4, reason, clock.now)
    found = credits.last_entries(org, 10)
    assert [(entry.amount, entry.reason, entry.key_id, entry.key_name) for entry in found] == [
        (-4, "used", None, None),
        (-4, "used", key_id, "CI"),
        (10, "a gift", None, None),
    ]
    assert credits.last_entries(org, 1) == found[:1]
