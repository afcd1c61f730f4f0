"""`audit verify`: whole chains, and one that somebody changed."""

import json

import pytest

from tests.system.visitors import query


@pytest.mark.databases("sqlite", "postgresql")
def test_a_changed_entry_is_found_and_the_exit_code_says_so(operator, database):
    assert operator.run("audit", "verify") == "No entries yet.\n"
    for name in ("Acme", "Bolt"):
        operator.run("orgs", "create", name)
        operator.run("create", "--org", name)
    assert operator.run("audit", "verify") == "Acme: 2 entries, intact\nBolt: 2 entries, intact\n"
    query(database, "UPDATE audit_entry SET actor = 'somebody else' WHERE sequence = 2 AND action = 'key.created'")
    query(database, "UPDATE audit_entry SET actor = 'operator' WHERE sequence = 2 AND org_id LIKE 'none'")
    done = operator.try_to("audit", "verify")
    assert (done.exit_code, done.stdout) == (1, "Acme: broken at entry 2\nBolt: broken at entry 2\n")
    done = operator.try_to("audit", "verify", "--json")
    assert done.exit_code == 1
    assert [(row["name"], row["entries"], row["broken_at"]) for row in json.loads(done.stdout)["data"]] == [
        ("Acme", 2, 2),
        ("Bolt", 2, 2),
    ]
