"""`create`, `list`, `revoke`, `rotate`."""

import json
import re
from datetime import datetime, timedelta

import pytest

from app.domain.errors import Unauthenticated
from app.services import key_verification

BOTH = pytest.mark.databases("sqlite", "postgresql")


@pytest.fixture
def works(app, runtime):
    def works(key):
        with app.app_context():
            try:
                return bool(key_verification.require(runtime, key, scope=None))
            except Unauthenticated:
                return False

    return works


@BOTH
def test_a_created_key_works_until_it_is_revoked(operator, works):
    made = operator.json("create", "--name", "CI", "--scope", "notes:read", "--expires-in-days", 30)
    shown = {
        "id",
        "org_id",
        "name",
        "start",
        "scopes",
        "created_at",
        "expires_at",
        "revoked_at",
        "rate_limit",
        "networks",
    }
    assert set(made) == shown | {"key"}
    assert (made["name"], made["scopes"], made["revoked_at"]) == ("CI", ["notes:read"], None)
    assert made["key"].startswith(made["start"])
    assert works(made["key"])
    revoked = operator.json("revoke", made["start"])
    assert revoked["id"] == made["id"]
    assert revoked["revoked_at"]
    assert not works(made["key"])


@BOTH
@pytest.mark.parametrize("words", [("--final",), ("--leaked",), ("--final", "--leaked")])
def test_a_members_revoke_is_made_final(operator, alice, words):
    made = alice.create_key(name="CI")
    path = f"/v1/orgs/{alice.org}/keys/{made['id']}"
    assert alice.http.post(f"{path}/revoke").status_code == 200
    assert "No active key starts with" in operator.refused("revoke", made["id"])
    revoked = operator.json("revoke", made["id"], *words)
    assert revoked["revoked_at"]
    assert operator.json("revoke", made["key"], *words) == revoked
    assert alice.http.post(f"{path}/undo-revoke").status_code == 409


@BOTH
@pytest.mark.parametrize("words", [("--leaked",), ("--final",), ("--leaked", "--final")])
def test_an_operators_revoke_is_final_whatever_it_says(operator, alice, works, words):
    made = alice.create_key(name="CI")
    operator.json("revoke", made["id"], *words)
    assert not works(made["key"])
    assert alice.http.post(f"/v1/orgs/{alice.org}/keys/{made['id']}/undo-revoke").status_code == 409


@BOTH
def test_the_list_shows_working_keys_oldest_first_and_no_key(operator):
    assert "None yet" in operator.run("list")
    assert operator.json("list") == {"data": []}
    keys = [operator.json("create", "--name", name) for name in ("One", "Zwei — zwei", "Three")]
    operator.run("revoke", keys[2]["start"])
    lines = operator.run("list").splitlines()
    assert lines[0] == "Active API Keys"
    assert len(lines) == 5
    for line, key in zip(lines[2:4], keys, strict=False):
        shown = rf"Token: {key['start']}\*\*\* \| Name: {key['name']} \| Created: \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d"
        assert re.fullmatch(shown, line)
    listed = operator.json("list")["data"]
    assert listed == [{name: value for name, value in key.items() if name != "key"} for key in keys[:2]]
    assert not any(key["key"] in operator.run("list", *form) for key in keys for form in ((), ("--json",)))


@BOTH
def test_the_list_of_an_owner_and_of_keys_that_belong_to_nobody(operator, alice):
    made = alice.create_key(name="of alice")
    operator.run("create", "--name", "of nobody", "--org", alice.org)
    for owner in (alice.email.upper(), alice.person_id):
        assert [key["id"] for key in operator.json("list", "--owner", owner)["data"]] == [made["id"]]
    assert [key["name"] for key in operator.json("list", "--owner", "organization")["data"]] == ["of nobody"]
    assert "no person with the ID or email address dora@example.com" in operator.refused(
        "list", "--owner", "dora@example.com"
    )


@BOTH
def test_a_rotated_key_hands_over_at_once_or_after_the_overlap(operator, works):
    first = operator.json("create", "--name", "CI", "--scope", "notes:read")
    second = operator.json("rotate", first["start"])
    assert (second["name"], second["scopes"]) == ("CI", ["notes:read"])
    assert not works(first["key"])
    third = operator.json("rotate", second["key"], "--overlap", 3600)
    assert works(second["key"])
    assert works(third["key"])
    assert "already rotated" in operator.refused("rotate", second["start"])


@BOTH
def test_a_rotated_key_is_extended_by_a_day(operator):
    old = operator.json("create", "--name", "CI")
    assert "not being replaced" in operator.refused("extend", old["start"])
    operator.json("rotate", old["start"], "--overlap", 3600, "--idle", 3600)
    before = operator.json("list")["data"][0]
    after = operator.json("extend", old["start"])
    ends = [datetime.fromisoformat(key["expires_at"]) for key in (before, after)]
    assert (before["id"], ends[1] - ends[0]) == (after["id"], timedelta(days=1))
    assert "works until" in operator.run("extend", old["id"])


def test_an_idle_time_out_of_bounds_is_named(operator):
    made = operator.json("create")
    assert "idle_seconds" in operator.refused("rotate", made["start"], "--overlap", 3600, "--idle", 60)
    assert [key["id"] for key in operator.json("list")["data"]] == [made["id"]]


def test_a_new_key_is_shown_with_how_to_send_it(operator):
    shown = operator.run("create").splitlines()
    assert shown[0] == "API Key Created Successfully!"
    assert shown[-1] == "Keep this token safe! Pass it in the Authorization header as: Token <token>"
    old = shown[3].removeprefix("Token: ")
    assert operator.run("rotate", old).splitlines()[0] == "API Key Created Successfully!"


def test_what_is_not_found_says_so_on_stderr_and_changes_nothing(operator):
    made = operator.json("create")
    for command in ("revoke", "rotate"):
        for prefix in ("zzzzzzzz", "whk_zzzzzzzz"):
            for form in ((), ("--json",)):
                assert "No active key starts with" in operator.refused(command, prefix, *form)
        assert "Enter at least 8 characters" in operator.refused(command, "whk_12")
    assert operator.json("list")["data"][0]["id"] == made["id"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--scope", "root"), "root"),
        (("--expires-in-days", 0), "expires_in_days"),
        (("--name", " "), "name"),
        (("--org", "nobody's"), "no such organization"),
    ],
)
def test_what_cannot_be_meant_is_named(operator, words, problem):
    assert problem in operator.refused("create", *words)
    assert operator.json("list") == {"data": []}


def test_a_wrong_option_is_a_wrong_usage(operator):
    for words in (("create", "--expires-in-days", "soon"), ("revoke",), ("nothing",)):
        done = operator.try_to(*words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "Usage:" in done.stderr


def test_the_list_is_json_however_many_there_are(operator):
    operator.run("orgs", "create", "Acme")
    for _ in range(3):
        operator.run("create")
    assert len(json.loads(operator.run("list", "--json"))["data"]) == 3
