"""`orgs`, `members`, `credits`."""

import pytest

from app.domain.errors import KeyDisabled
from app.services import key_verification, sessions

BOTH = pytest.mark.databases("sqlite", "postgresql")


def allowed(app, runtime, key):
    with app.app_context():
        try:
            return bool(key_verification.require(runtime, key, scope=None))
        except KeyDisabled:
            return False


@BOTH
def test_organizations_are_made_listed_switched_off_and_on(operator, app, runtime):
    assert operator.run("orgs", "list") == "None yet.\n"
    acme = operator.json("orgs", "create", "Acme")
    assert operator.run("orgs", "create", "Bolt").endswith(" | Bolt\n")
    key = operator.json("create", "--org", "Acme")["key"]
    assert operator.run("orgs", "disable", "Acme") == "Acme is disabled: all its keys are refused from now on.\n"
    assert not allowed(app, runtime, key)
    listed = operator.json("orgs", "list")["data"]
    assert [(org["name"], org["disabled"]) for org in listed] == [("Acme", True), ("Bolt", False)]
    assert f"{acme['id']} | Acme | disabled\n" in operator.run("orgs", "list")
    assert operator.run("orgs", "enable", acme["id"]) == "Acme is enabled: its keys work again.\n"
    assert allowed(app, runtime, key)


def test_a_name_that_several_have_needs_an_id(operator):
    for _ in range(2):
        operator.run("orgs", "create", "Acme")
    for words in (("orgs", "disable", "Acme"), ("members", "list", "Acme"), ("credits", "balance", "Acme")):
        assert "Several organizations have this name" in operator.refused(*words)
    assert not any(org["disabled"] for org in operator.json("orgs", "list")["data"])


def test_an_organization_that_is_not_there_or_has_no_name_is_refused(operator):
    for words in (("orgs", "disable", "none"), ("members", "list", "none"), ("credits", "grant", "none", 5)):
        assert "There is no such organization" in operator.refused(*words)
    assert "name" in operator.refused("orgs", "create", " ")


@BOTH
def test_members_are_added_changed_listed_and_removed(operator):
    operator.run("orgs", "create", "Acme")
    assert operator.run("members", "list", "Acme") == "None yet.\n"
    operator.run("members", "add", "Acme", "Dora@example.com")
    assert operator.run("members", "list", "Acme") == "dora@example.com | member\n"
    operator.run("members", "add", "Acme", "dora@example.com", "--role", "owner")
    operator.run("members", "disable", "dora@example.com")
    assert operator.json("members", "list", "Acme")["data"] == [
        {"email": "dora@example.com", "role": "owner", "disabled": True}
    ]
    operator.run("members", "enable", "dora@example.com")
    operator.run("members", "remove", "Acme", "dora@example.com")
    assert operator.json("members", "list", "Acme") == {"data": []}


def test_a_disabled_member_is_signed_out_until_enabled(operator, alice, app, runtime):
    token = alice.http.get_cookie("whs_session").value
    for word, alive in (("disable", False), ("enable", True)):
        operator.run("members", word, alice.email)
        with app.app_context():
            assert bool(sessions.resume(runtime, token)) is alive


def test_who_is_no_member_or_no_address_or_nobody_is_refused(operator):
    operator.run("orgs", "create", "Acme")
    assert "is not a member" in operator.refused("members", "remove", "Acme", "dora@example.com")
    assert "email" in operator.refused("members", "add", "Acme", "dora")
    assert "There is no person with the address" in operator.refused("members", "disable", "dora@example.com")
    assert operator.try_to("members", "add", "Acme", "dora@example.com", "--role", "king").exit_code == 2


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
