"""`import`: nothing twice, nothing lost when it is killed, and a word on the way; and quick with 100,000 keys."""

import hashlib
import signal
import subprocess
import sys
import time

import pytest

from app.services import key_verification
from tests.servers import environment, run
from tests.system.visitors import query

BOTH = pytest.mark.databases("sqlite", "postgresql")


def digest(key):
    return hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture
def csv(tmp_path):
    """A file with that many keys of another system: `key 0`, `key 1` and so on."""

    def csv(count):
        rows = [f"{digest(f'key {n}')},Key {n},old_{n:08},notes:read,\n" for n in range(count)]
        file = tmp_path / "keys.csv"
        file.write_text("hash,name,start,scopes,expires_at\n" + "".join(rows))
        return file

    return csv


@pytest.fixture
def acme(operator):
    return operator.json("orgs", "create", "Acme")["id"]


@BOTH
def test_imported_keys_work_and_importing_again_adds_none(operator, acme, csv, app, runtime):
    file = csv(25)
    done = operator.try_to("import", file, "--org", "Acme")
    assert (done.exit_code, done.stdout) == (0, "Imported 25 keys into Acme. 0 were already there.\n")
    assert done.stderr == "Importing: 25 of 25 keys\n"
    done = operator.try_to("import", file, "--org", acme, "--json")
    assert (done.exit_code, done.stdout) == (0, '{"read": 25, "imported": 0}\n')
    listed = operator.json("list")["data"]
    assert {(key["name"], key["start"]) for key in listed} == {(f"Key {n}", f"old_{n:08}") for n in range(25)}
    with app.app_context():
        assert key_verification.require(runtime, "key 24", scope="notes:read").org_id == acme


def test_progress_is_a_line_each_tenth_where_there_is_no_terminal(operator, acme, csv):
    done = operator.try_to("import", csv(5_500), "--org", "Acme")
    assert done.stderr.splitlines() == [
        f"Importing: {done} of 5500 keys" for done in (1000, 2000, 3000, 4000, 5000, 5500)
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "must name the columns, including hash"),
        (b"name,start\nCI,whk_\n", "must name the columns, including hash"),
        (b"hash\n%s\nnone\n", "line 3: hash: must be the SHA-256"),
        (b"hash,scopes\n%s,notes:read\n%s,root\n", "line 3: "),
        (b"hash,expires_at\n%s,tomorrow\n", "line 2: expires_at: must be a time"),
        (b'hash,name\n%s,"two\nlines"\n', "line 3: name: "),
        (b"hash,name\n%s,\xff\n", "is not in UTF-8"),
        (b"hash,name\n%s," + b"x" * 200_000 + b"\n", "line 1: field larger than field limit"),
    ],
)
def test_a_file_with_anything_wrong_imports_nothing_and_the_line_is_named(operator, acme, tmp_path, content, problem):
    file = tmp_path / "keys.csv"
    file.write_bytes(content.replace(b"%s", digest("key").encode()))
    assert problem in operator.refused("import", file, "--org", "Acme")
    assert operator.json("list") == {"data": []}


def test_an_organization_that_is_not_there_gets_no_keys(operator, csv):
    assert "no such organization" in operator.refused("import", csv(1), "--org", "none")


def kill_in_the_middle(database, folder, file):
    """Starts an import and kills it (-9) when some of it is there; how many keys that are."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "import", str(file), "--org", "Acme"],
        cwd=folder,
        env=environment(database, 7860),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    first = process.stderr.readline()
    process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    process.stderr.close()
    assert first.startswith(b"Importing: ")
    return count(database)


def count(database):
    ((keys, different),) = query(database, "SELECT count(*), count(DISTINCT digest) FROM api_key")
    assert keys == different
    return keys


@BOTH
def test_an_import_that_was_killed_is_finished_by_running_it_again(operator, acme, csv, database, tmp_path):
    total = 6_000
    file = csv(total)
    there = kill_in_the_middle(database, tmp_path, file)
    assert 0 < there < total
    done = operator.try_to("import", file, "--org", "Acme")
    assert done.stdout == f"Imported {total - there} keys into Acme. {there} were already there.\n"
    assert count(database) == total
    assert operator.json("audit", "verify")["data"][0]["broken_at"] is None


@pytest.mark.soak
@BOTH
def test_with_100_000_keys_list_and_revoke_stay_quick(operator, acme, csv, database, tmp_path):
    file, total = csv(100_000), 100_000

    def timed(what, *words):
        began = time.monotonic()
        done = run(database, tmp_path, *words)
        took = time.monotonic() - began
        print(f"{what}: {took:.1f} s", end="; ")
        assert done.returncode == 0, done.stderr
        return took, done.stdout

    timed("import of 100,000", "import", str(file), "--org", "Acme")
    timed("the same again", "import", str(file), "--org", "Acme")
    key = operator.json("create", "--org", "Acme")["start"]
    listed, shown = timed("list", "list")
    assert len(shown.splitlines()) == total + 4
    timed("list --json", "list", "--json")
    revoked, _ = timed("revoke", "revoke", key)
    asked, _ = timed("orgs list", "orgs", "list")
    print()
    # Both begin by starting Python, which takes most of a revoke.
    assert revoked - asked < 2
    assert listed < 15
