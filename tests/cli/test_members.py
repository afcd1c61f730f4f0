"""`members`: who belongs to an organization."""

import os
import pty
import re
import subprocess
import sys

import pytest

from app.domain.key_settings import KeySettings
from app.services import keys, sessions
from app.store import keys as key_store
from app.store import people
from tests.servers import SECRET

BOTH = pytest.mark.databases("sqlite", "postgresql")


@BOTH
def test_members_are_added_changed_listed_and_removed(operator):
    operator.run("orgs", "create", "Acme")
    assert operator.run("members", "list", "Acme") == "None yet.\n"
    operator.run("members", "add", "Acme", "Dora@example.com")
    assert operator.run("members", "list", "Acme") == "dora@example.com | member | 0 working keys\n"
    operator.run("members", "add", "Acme", "dora@example.com", "--role", "owner")
    operator.run("members", "disable", "dora@example.com")
    (dora,) = operator.json("members", "list", "Acme")["data"]
    assert (dora["email"], dora["role"], dora["disabled"], dora["keys"]) == ("dora@example.com", "owner", True, 0)
    assert list(dora) == ["id", "email", "role", "since", "last_seen", "keys", "disabled"]
    operator.run("members", "enable", "dora@example.com")
    removed = operator.run("members", "remove", "Acme", "dora@example.com", "--keys", "keep", "--last-owner")
    assert removed == "dora@example.com is no longer a member of Acme.\nStill active: no keys.\n"
    assert operator.json("members", "list", "Acme") == {"data": []}


def test_a_disabled_member_is_signed_out_until_enabled(operator, alice, app, runtime):
    token = alice.http.get_cookie("whs_session").value
    for word, alive in (("disable", False), ("enable", True)):
        operator.run("members", word, alice.email)
        with app.app_context():
            assert bool(sessions.resume(runtime, token)) is alive


@pytest.fixture
def key_of_alice(app, runtime, alice):
    with app.app_context():
        key = keys.create(runtime, alice.member, KeySettings(name="CI of Alice")).listed.key
        return f"{key.name} ({key.start}***)"


@BOTH
@pytest.mark.parametrize(
    ("choice", "said", "active"),
    [
        ("keep", "Still active", 1),
        ("hand-over", "Handed over to {org}, and still active", 1),
        ("revoke", "Revoked", 0),
    ],
)
def test_a_removed_members_keys_are_named_and_kept_or_revoked(operator, alice, key_of_alice, choice, said, active):
    removed = operator.run("members", "remove", alice.org, alice.email, "--keys", choice, "--last-owner")
    assert (
        removed
        == f"{alice.email} is no longer a member of {alice.org}.\n{said.format(org=alice.org)}:\n  {key_of_alice}\n"
    )
    assert len(operator.json("list")["data"]) == active


WAY_OUT = "To revoke them, run this again with --keys revoke.\n"


def test_a_disabled_members_keys_are_named_and_can_be_revoked(operator, alice, key_of_alice):
    """The person can be enabled again, so nobody is asked; a script need not say anything."""
    done = f"{alice.email} is disabled.\n"
    assert operator.run("members", "disable", alice.email) == f"{done}Still active:\n  {key_of_alice}\n{WAY_OUT}"
    assert (
        operator.run("members", "disable", alice.email, "--keys", "keep") == f"{done}Still active:\n  {key_of_alice}\n"
    )
    assert operator.run("members", "disable", alice.email, "--keys", "revoke") == f"{done}Revoked:\n  {key_of_alice}\n"
    assert operator.run("members", "disable", alice.email) == f"{done}Still active: no keys.\n"
    assert operator.json("list")["data"] == []


def test_keys_that_a_new_role_could_not_create_are_named_and_can_be_revoked(operator, alice, key_of_alice):
    add = ("members", "add", alice.org, alice.email, "--last-owner", "--role")
    assert operator.run(*add, "member") == f"{alice.email} is member of {alice.org}.\n"
    kept = operator.run(*add, "viewer")
    assert kept == (
        f"{alice.email} is viewer of {alice.org}.\n"
        f"Still active, although a viewer could not create them:\n  {key_of_alice}\n{WAY_OUT}"
    )
    revoked = operator.run(*add, "viewer", "--keys", "revoke")
    assert revoked == f"{alice.email} is viewer of {alice.org}.\nRevoked:\n  {key_of_alice}\n"
    assert operator.json("list")["data"] == []


def test_without_a_terminal_nobody_is_removed_until_the_keys_fate_is_said(operator, alice, key_of_alice):
    refused = operator.try_to("members", "remove", alice.org, alice.email, typed="revoke\n")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--keys keep, hand-over, rotate or revoke" in refused.stderr
    assert key_of_alice in refused.stderr
    assert operator.json("members", "list", alice.org)["data"]
    assert operator.json("list")["data"]


@pytest.mark.parametrize(("answer", "active"), [("keep", 1), ("revoke", 0)])
def test_a_terminal_is_shown_the_keys_and_asked(operator, database, alice, key_of_alice, answer, active):
    terminal, inside = pty.openpty()
    os.write(terminal, f"{answer}\n".encode())
    command = [sys.executable, "-m", "app.cli", "members", "remove", alice.org, alice.email, "--last-owner"]
    environment = os.environ | {"DATABASE_URL": database, "SECRET_KEY": SECRET, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        command, stdin=inside, capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    os.close(terminal)
    os.close(inside)
    assert done.returncode == 0, done.stderr
    assert (
        f"Keys of {alice.email}:\n  {key_of_alice}\nKeep these keys, hand them over, rotate or revoke them?"
        in done.stderr
    )
    assert len(operator.json("list")["data"]) == active


@BOTH
def test_keys_are_handed_over_to_a_member_who_may_create_keys(operator, alice, app, key_of_alice):
    operator.run("members", "add", alice.org, "dora@example.com", "--role", "owner")
    operator.run("members", "add", alice.org, "vera@example.com", "--role", "viewer")
    remove = ("members", "remove", alice.org, alice.email, "--keys", "hand-over", "--to")
    assert "member who may create keys" in operator.refused(*remove, "vera@example.com")
    done = operator.run(*remove, "dora@example.com")
    assert f"Handed over to dora@example.com, and still active:\n  {key_of_alice}" in done
    with app.app_context():
        dora = people.by_email("dora@example.com").id
        assert [
            listed.owner for listed in key_store.working_of_owner(alice.org, dora, app.extensions["runtime"].clock())
        ] == ["dora@example.com"]
    misused = operator.try_to("members", "remove", alice.org, "vera@example.com", "--to", "dora@example.com")
    assert misused.exit_code == 2


@BOTH
def test_keys_are_rotated_and_the_new_ones_shown_once(operator, alice, key_of_alice):
    operator.run("members", "add", alice.org, "dora@example.com", "--role", "owner")
    for misused in (("--keys", "keep", "--overlap", "60"), ("--keys", "revoke", "--to", "dora@example.com")):
        assert operator.try_to("members", "remove", alice.org, alice.email, *misused).exit_code == 2
    remove = ("members", "remove", alice.org, alice.email, "--keys", "rotate", "--to", "dora@example.com")
    assert "from 0 to 2592000" in operator.refused(*remove, "--overlap", "2592001")
    done = operator.run(*remove, "--overlap", "3600")
    assert "The new keys belong to dora@example.com. The old ones keep working for 3600 seconds." in done
    (token,) = re.findall(r"^Token: (whk_\w{32})$", done, re.MULTILINE)
    owned = operator.json("list", "--owner", "dora@example.com")["data"]
    assert [token.startswith(key["start"]) for key in owned] == [False, True]


@BOTH
def test_a_role_is_set_and_the_last_owner_keeps_theirs_unless_it_is_said(operator, alice):
    refused = operator.refused("members", "set-role", alice.org, alice.email, "admin")
    assert "say --last-owner" in refused
    done = operator.run("members", "set-role", alice.org, alice.email, "admin", "--last-owner")
    assert done == f"{alice.email} is admin of {alice.org}.\n"
    assert "say --last-owner" not in operator.run("members", "set-role", alice.org, alice.email, "owner")
    assert "say --last-owner" in operator.refused("members", "remove", alice.org, alice.email, "--keys", "keep")
    assert "is not a member" in operator.refused("members", "set-role", alice.org, "dora@example.com", "admin")


def test_who_is_no_member_or_no_address_or_nobody_is_refused(operator):
    operator.run("orgs", "create", "Acme")
    assert "is not a member" in operator.refused("members", "remove", "Acme", "dora@example.com")
    assert "email" in operator.refused("members", "add", "Acme", "dora")
    assert "There is no person with the address" in operator.refused("members", "disable", "dora@example.com")
    assert operator.try_to("members", "add", "Acme", "dora@example.com", "--role", "king").exit_code == 2
