"""`members`: who belongs to an organization."""

import pytest

from app.services import sessions

BOTH = pytest.mark.databases("sqlite", "postgresql")


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
