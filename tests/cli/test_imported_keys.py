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
        (b"", "line 1: columns: must include hash and be separated by commas; the first line names none"),
        (
            b"name,start\nCI,whk_\n",
            "must include hash and be separated by commas; the first line names 'name', 'start'",
        ),
        (b"hash;name\n%s;CI\n", "the first line names 'hash;name'"),
        (b"hash\tname\n%s\tCI\n", "the first line names 'hash\\tname'"),
        (b"sep=,\nhash,name\n%s,CI\n", "the first line names 'sep=', ''"),
        (b"hash,permissions,Quota\n%s,{},3\n", "unknown: 'permissions', 'Quota'. They may restrict the keys"),
        (b"hash,digest\n%s,%s\n", "hash and digest mean the same; leave one out with --ignore"),
        (b"hash,revoked\n%s,maybe\n", "line 2: revoked: must be true or false"),
        (b"hash,name,revoked\n%s,CI\n", "line 2: row: must have 3 values, one for each column"),
        (b"hash\n%s,true\n", "line 2: row: must have 1 values, one for each column"),
        (b"hash,start\n%s,key\n", "line 2: start: is the whole key"),
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


#: The header of a dump of each system, and a row of a key that works; its hash, and how it would be written there if it
#: were revoked, disabled or expired.
DUMPS = {
    "drf-api-key": (
        [
            "id,created,name,revoked,expiry_date,hashed_key,prefix",
            "x.y,2020-01-01,CI,{revoked},{ends},{sha512},abcdefgh",
        ],
        {"revoked": "f", "ends": ""},
        [{"revoked": "t"}, {"ends": "2020-01-01 00:00:00+00"}],
    ),
    "knox": (
        ["digest,token_key,created,expiry,user_id", "{sha512},abcdefgh,2020-01-01,{ends},7"],
        {"ends": "2099-01-01T00:00:00Z"},
        [{"ends": "2020-01-01T00:00:00Z"}],
    ),
    "better auth": (
        ["id,name,start,prefix,key,userId,enabled,expiresAt,createdAt", "1,CI,abcdef,ab_,{sha256},7,{on},{ends},2020"],
        {"on": "true", "ends": "NULL"},
        [{"on": "false"}, {"on": "0"}, {"ends": "2020-01-01T00:00:00.000Z"}],
    ),
    "unkey": (
        ["id,hash,start,name,expires,enabled,deleted_at_m", "1,{sha256},abcdef,CI,{ends},{on},{gone}"],
        {"ends": "", "on": "1", "gone": "\\N"},
        [{"on": "0"}, {"gone": "1700000000000"}, {"ends": "2020-01-01T00:00:00Z"}],
    ),
    "our own names": (
        ["Hash,REVOKED,Revoked_At,Enabled,Expires_At", "{sha256},{revoked},{when},{on},{ends}"],
        {"revoked": "", "when": "", "on": "", "ends": ""},
        [{"revoked": "1"}, {"when": "2020-01-01"}, {"on": "no"}, {"ends": "2020-01-01T00:00:00Z"}],
    ),
}


@pytest.mark.parametrize("system", DUMPS)
def test_a_key_that_does_not_work_any_more_there_does_not_work_here(operator, acme, tmp_path, app, runtime, system):
    (header, row), working, others = DUMPS[system]
    rows = []
    for number, changed in enumerate([{}, *others]):
        key = f"foreign {number}".encode()
        hashes = {"sha256": hashlib.sha256(key).hexdigest(), "sha512": hashlib.sha512(key).hexdigest()}
        rows.append(row.format(**working, **hashes) if not changed else row.format(**(working | changed), **hashes))
    file = tmp_path / "dump.csv"
    file.write_text("\n".join([header, *rows]))
    assert operator.try_to("import", file, "--org", "Acme").exit_code == 0
    with app.app_context():
        outcomes = [key_verification.verify(runtime, f"foreign {number}", None).outcome for number in range(len(rows))]
    assert outcomes[0] == "VALID"
    assert set(outcomes[1:]) <= {"REVOKED", "EXPIRED"}


def test_an_unknown_column_is_left_out_by_name(operator, acme, tmp_path):
    file = tmp_path / "keys.csv"
    file.write_text(f"hash,permissions,quota\n{digest('key')},all,3\n")
    assert "'quota'" in operator.refused("import", file, "--org", "Acme", "--ignore", "permissions")
    done = operator.try_to("import", file, "--org", "Acme", "--ignore", "Permissions", "--ignore", "quota")
    assert done.stdout == "Imported 1 keys into Acme. 0 were already there.\n"


def test_keys_that_are_revoked_in_the_file_are_counted(operator, acme, tmp_path):
    file = tmp_path / "keys.csv"
    file.write_text(f"hash,revoked\n{digest('a')},true\n{digest('b')},false\n")
    done = operator.try_to("import", file, "--org", "Acme")
    assert done.stdout.endswith("1 keys of the file are revoked or disabled and work nowhere.\n")


@pytest.mark.parametrize("named", ["id", "start", "hash"])
def test_an_imported_key_is_revoked_by_its_id_its_start_or_its_hash(operator, acme, csv, app, runtime, named):
    operator.try_to("import", csv(2), "--org", "Acme")
    listed = {key["name"]: key for key in operator.json("list")["data"]}["Key 1"]
    name = digest("key 1") if named == "hash" else listed[named]
    assert operator.json("revoke", name)["id"] == listed["id"]
    with app.app_context():
        outcomes = [key_verification.verify(runtime, f"key {number}", None).outcome for number in range(2)]
    assert outcomes == ["VALID", "REVOKED"]


def test_a_foreign_key_that_is_not_there_is_not_repeated(operator):
    secret = "a-whole-key-of-another-system"
    assert secret not in operator.refused("revoke", secret)
