"""`orgs policy`, and how the commands for keys obey it."""

import pytest

UNSET = {
    "default_expiry_days": None,
    "longest_expiry_days": None,
    "expiry_required": False,
    "scopes_by_role": {"owner": None, "admin": None, "member": None},
}


@pytest.fixture
def policy(operator):
    """`orgs policy Acme` with more words, as JSON."""
    operator.run("orgs", "create", "Acme")
    return lambda *words: operator.json("orgs", "policy", "Acme", *words)


def test_it_is_shown_and_changed(operator, policy):
    assert policy() == UNSET
    policy("--default-expiry", 30, "--longest-expiry", 90, "--expiry-required")
    policy("--scope", "member", "agent:r", "--scope", "member", "notes:read", "--no-scopes", "admin")
    assert policy() == {
        "default_expiry_days": 30,
        "longest_expiry_days": 90,
        "expiry_required": True,
        "scopes_by_role": {"owner": None, "admin": [], "member": ["agent:r", "notes:read"]},
    }
    assert operator.run("orgs", "policy", "Acme") == (
        "Policy of Acme for its keys\n"
        "  Default expiry: 30 days\n"
        "  Longest expiry: 90 days\n"
        "  Every key has to expire: yes\n"
        "  Scopes that owners may give: all that the role may give\n"
        "  Scopes that admins may give: none\n"
        "  Scopes that members may give: agent:r, notes:read\n"
    )
    policy("--no-default-expiry", "--no-longest-expiry", "--expiry-optional", "--any-scopes", "admin")
    assert policy("--any-scopes", "member") == UNSET


def test_contradictions_are_refused_and_nothing_changes(operator, policy):
    for words in (
        ("--longest-expiry", 9, "--no-longest-expiry"),
        ("--default-expiry", 9, "--no-default-expiry"),
        ("--no-scopes", "member", "--any-scopes", "member"),
        ("--scope", "member", "agent:r", "--no-scopes", "member"),
        ("--scope", "viewer", "agent:r"),
    ):
        assert operator.try_to("orgs", "policy", "Acme", *words).exit_code == 2
    refused = operator.refused("orgs", "policy", "Acme", "--longest-expiry", 9, "--default-expiry", 10)
    assert "longest_expiry_days: must be at least" in refused
    assert "default_expiry_days: must be at most" in refused
    assert policy() == UNSET


def test_commands_obey_unless_they_override(operator, policy):
    policy("--longest-expiry", 90)
    made = operator.run("create", "--org", "Acme")
    assert made.splitlines()[-1].startswith("It expires at 20")
    assert made.endswith("by the organization's policy.\n")
    assert "It expires" not in operator.run("create", "--org", "Acme", "--expires-in-days", 5)
    words = ("create", "--org", "Acme", "--expires-in-days", 200)
    assert "at most 90 days from now; the organization’s policy" in operator.refused(*words)
    key = operator.json(*words, "--override-policy")
    assert "at most 90 days" in operator.refused("set", key["id"], "--never-expires")
    assert operator.json("set", key["id"], "--never-expires", "--override-policy")["expires_at"] is None
    successor = operator.json("rotate", key["id"], "--override-policy")
    assert successor["expires_at"] is None
    assert operator.json("rotate", successor["id"])["expires_at"] is not None


def test_an_import_obeys_unless_it_overrides(operator, policy, tmp_path):
    policy("--expiry-required")
    file = tmp_path / "keys.csv"
    file.write_text(f"hash,name\n{'1' * 64},Old\n")
    refused = operator.refused("import", file, "--org", "Acme")
    assert "of 1 keys (Old) must be at most 3650 days from now" in refused
    imported = operator.try_to("import", file, "--org", "Acme", "--override-policy")
    assert imported.stdout.startswith("Imported 1 keys into Acme.")
