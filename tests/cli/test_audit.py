"""`audit verify`: whole chains, and one that somebody changed."""

import json
from datetime import UTC, datetime

import pytest

from app.domain import verifiable_audit_file
from tests.domain.test_audit_chain import chain
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


@pytest.fixture
def file(tmp_path):
    """A log of five entries, as the page gives it, and the seal of the last one."""
    entries, head = chain(5)
    file = tmp_path / "log.jsonl"
    file.write_text(
        "".join(verifiable_audit_file.whole("org_1", "Acme", datetime(2026, 4, 16, tzinfo=UTC), entries, head))
    )
    return file, f"org_1:5:{head[1]}"


def test_a_file_is_checked_without_a_database_and_without_settings(at_desk, file):
    file, seal = file
    anybody = at_desk("postgresql://nowhere.invalid/none")
    assert anybody.run("audit", "verify", file, SECRET_KEY="").startswith("Acme: 5 entries, intact. With --seal")
    assert anybody.run("audit", "verify", file, "--seal", seal) == "Acme: 5 entries, intact, the seal fits\n"
    assert anybody.json("audit", "verify", file)["data"] == {
        "org_id": "org_1",
        "organization": "Acme",
        "entries": 5,
        "problem": None,
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [*lines[:3], lines[3].replace("alice", "bob"), *lines[4:]], "is broken at entry 3"),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "is broken at entry 2"),
        (lambda lines: lines[:-1], "was shortened"),
        (lambda lines: [*lines[:4], json.dumps({"head": f"org_1:3:{json.loads(lines[3])['seal']}"})], "was shortened"),
        (lambda lines: [line.replace("org_1", "org_2") for line in lines], "another organization"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused(at_desk, file, change, said):
    file, seal = file
    file.write_text("".join(change(file.read_text().splitlines(keepends=True))))
    done = at_desk("sqlite://").try_to("audit", "verify", file, "--seal", seal)
    assert done.exit_code == 1
    assert said in done.stdout


def test_what_is_no_log_is_refused(at_desk, file, tmp_path):
    file, seal = file
    anybody = at_desk("sqlite://")
    assert "copy it whole" in anybody.refused("audit", "verify", file, "--seal", seal[:-1])
    file.write_bytes(b"\xff\x00")
    assert "not a whole audit log" in anybody.refused("audit", "verify", file)
    assert "No such file" in anybody.try_to("audit", "verify", tmp_path / "none").stderr
