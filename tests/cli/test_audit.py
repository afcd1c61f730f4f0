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


@pytest.mark.databases("sqlite", "postgresql")
def test_a_seal_from_a_mail_shows_a_log_that_was_written_anew(operator, database):
    (made,) = [operator.json("orgs", "create", "Acme")]
    operator.run("orgs", "create", "Bolt")
    org_id = (made.get("data") or made)["id"]
    for _ in range(2):
        operator.run("create", "--org", "Acme")
    ((seal,),) = query(database, f"SELECT seal FROM audit_entry WHERE sequence = 2 AND org_id = '{org_id}'")
    kept = f"{org_id}:2:{seal}"
    assert operator.run("audit", "verify", "--seal", kept) == "Acme: 3 entries, intact, the seal fits\n"
    other = f"{org_id}:2:2:{'0' * 64}"
    done = operator.try_to("audit", "verify", "--seal", other)
    said = "Acme: 3 entries, intact, but the seal does not fit: the log was changed\n"
    assert (done.exit_code, done.stdout) == (1, said)
    done = operator.try_to("audit", "verify", "--seal", f"{org_id}:9:{seal}", "--json")
    assert (done.exit_code, json.loads(done.stdout)["data"][0]["seal_fits"]) == (1, False)
    assert "copy it whole" in operator.refused("audit", "verify", "--seal", kept[:-1])
    assert "no such organization" in operator.refused("audit", "verify", "--seal", f"org_none:2:{seal}")
