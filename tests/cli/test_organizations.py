"""`orgs`: made, listed, switched off and on; and how every command finds one."""

import pytest

from app.domain.errors import KeyDisabled
from app.services import key_verification

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


def test_one_is_renamed_but_not_to_or_from_the_operators_name(operator):
    # The first key makes the operators' organization.
    operator.run("create")
    operator.run("orgs", "create", "Acme")
    assert operator.run("orgs", "rename", "Acme", "Bolt") == "Acme is now named Bolt.\n"
    assert [org["name"] for org in operator.json("orgs", "list")["data"]] == ["Operators", "Bolt"]
    assert "choose another" in operator.refused("orgs", "rename", "Bolt", "Operators")
    assert "choose another" in operator.refused("orgs", "create", "Operators")
    assert "keeps its name" in operator.refused("orgs", "rename", "Operators", "Mine")


@BOTH
def test_one_is_deleted_listed_with_its_end_and_brought_back(operator, app, runtime):
    acme = operator.json("orgs", "create", "Acme")
    key = operator.json("create", "--org", "Acme")["key"]
    assert "refused from now on. Active ones: 1." in operator.run("orgs", "delete", "Acme")
    assert not allowed(app, runtime, key)
    (listed,) = operator.json("orgs", "list")["data"]
    assert listed["erased_at"]
    assert f"Acme | deleted, erased from {listed['erased_at']}" in operator.run("orgs", "list")
    assert "orgs restore" in operator.refused("orgs", "enable", acme["id"])
    assert operator.run("orgs", "restore", acme["id"]) == "Acme is back. See: orgs list\n"
    assert allowed(app, runtime, key)
    assert "It was not deleted" in operator.refused("orgs", "restore", "Acme")
