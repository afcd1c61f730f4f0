"""`invitations`: operators invite people to organizations."""

import pytest

BOTH = pytest.mark.databases("sqlite", "postgresql")


@BOTH
def test_somebody_is_invited_listed_and_no_longer_invited(operator):
    operator.run("orgs", "create", "Acme")
    assert operator.run("invitations", "list", "Acme") == "None yet.\n"
    made = operator.json("invitations", "create", "Acme", "Dora@example.com", "--role", "owner")
    assert list(made) == ["id", "email", "role", "invited_by", "created_at", "expires_at", "link"]
    assert (made["email"], made["role"], made["invited_by"]) == ("dora@example.com", "owner", None)
    assert made["link"] == f"http://localhost:7860/invitations/{made['id']}"
    again = operator.run("invitations", "create", "Acme", "dora@example.com")
    assert again.startswith("dora@example.com is invited to Acme as member, until ")
    assert again.endswith(f"\n{made['link']}\n")
    listed = operator.run("invitations", "list", "Acme")
    assert listed.startswith("dora@example.com | member | until ")
    assert listed.endswith(f" | {made['link']}\n")
    withdrawn = operator.run("invitations", "withdraw", "Acme", "dora@example.com")
    assert withdrawn == "The invitation of dora@example.com is withdrawn.\n"
    assert operator.json("invitations", "list", "Acme") == {"data": []}


def test_what_cannot_be_done_is_said(operator, alice):
    assert "belongs to a member already" in operator.refused("invitations", "create", alice.org, alice.email)
    assert "has no open invitation" in operator.refused("invitations", "withdraw", alice.org, "dora@example.com")
    for words in (("list",), ("create", "dora@example.com"), ("withdraw", "dora@example.com")):
        command, *rest = words
        assert "There is no such organization" in operator.refused("invitations", command, "none", *rest)
