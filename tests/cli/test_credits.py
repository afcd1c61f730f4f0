"""`credits`: granted, and told."""

import pytest

BOTH = pytest.mark.databases("sqlite", "postgresql")


@BOTH
def test_credits_are_granted_and_told(operator):
    operator.run("orgs", "create", "Acme")
    assert operator.run("credits", "balance", "Acme") == "Acme has 0 credits.\n"
    assert operator.run("credits", "grant", "Acme", 50) == "Acme has 50 credits.\n"
    assert operator.json("credits", "grant", "Acme", 7) == {"balance": 57, "used": 0, "granted": 57}
    assert operator.json("credits", "balance", "Acme") == {"balance": 57, "used": 0, "granted": 57}


@pytest.mark.parametrize("amount", ["0", "-5"])
def test_no_credits_are_taken_by_granting(operator, amount):
    operator.run("orgs", "create", "Acme")
    done = operator.try_to("credits", "grant", "Acme", "--", amount)
    assert (done.exit_code, done.stdout) == (1, "")
    assert operator.json("credits", "balance", "Acme")["balance"] == 0
