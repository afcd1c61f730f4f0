"""`import`: nothing twice, nothing lost when it is killed, and a word on the way; and quick with 100,000 keys."""

import base64
import hashlib
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

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


@dataclass
class Dump:
    """A dump of another system, with all of its columns. `row` is a key that works if it is filled in as `working`
    says; each of `others` makes it one that does not. `restricting`: the columns that must be ignored by name."""

    header: str
    row: str
    working: dict[str, str]
    others: list[dict[str, str]]
    restricting: list[str] = field(default_factory=list)


BETTER_AUTH_LIMITS = ["rateLimitEnabled", "rateLimitTimeWindow", "rateLimitMax", "remaining", "permissions"]
#: The columns are those of the models and schemas of these versions.
DUMPS = {
    # rest_framework_api_key/models.py, from PostgreSQL.
    "drf-api-key 3.1.0": Dump(
        "id,prefix,hashed_key,created,name,revoked,expiry_date",
        "abcdefgh.sha512$$x,abcdefgh,sha512$${sha512},2020-01-01 00:00:00+00,CI,{revoked},{ends}",
        {"revoked": "f", "ends": ""},
        [{"revoked": "t"}, {"ends": "2020-01-01 00:00:00+00"}, {"ends": "2020-01-01 00:00:00.123456+00"}],
    ),
    # knox/models.py, with a TOKEN_PREFIX.
    "knox 5.1.0": Dump(
        "digest,token_key,user_id,created,expiry",
        "{sha512},ab_0123456789ab,7,2020-01-01 00:00:00+00,{ends}",
        {"ends": "2099-01-01 00:00:00+00"},
        [{"ends": "2020-01-01 00:00:00+00"}],
    ),
    # dist/index.mjs, apiKeySchema; in a PostgreSQL database and a SQLite one.
    "@better-auth/api-key 1.7.5": Dump(
        "id,configId,name,start,referenceId,prefix,key,refillInterval,refillAmount,lastRefillAt,enabled,rateLimitEnabled,"
        "rateLimitTimeWindow,rateLimitMax,requestCount,remaining,lastRequest,expiresAt,createdAt,updatedAt,permissions,"
        "metadata",
        "1,default,CI,ab_xyz,7,ab_,{base64url},,,,{on},true,86400000,10,3,,2020-01-01 00:00:00+00,{ends},"
        "2020-01-01 00:00:00+00,2020-01-01 00:00:00+00,,",
        {"on": "t", "ends": ""},
        [{"on": "f"}, {"on": "0"}, {"ends": "2020-01-01 00:00:00+00"}, {"ends": "2020-01-01T00:00:00.000Z"}],
        BETTER_AUTH_LIMITS,
    ),
    # The plugin of better-auth itself, before it was a package of its own.
    "better-auth 1.3.34": Dump(
        "id,name,start,prefix,key,userId,refillInterval,refillAmount,lastRefillAt,enabled,rateLimitEnabled,"
        "rateLimitTimeWindow,rateLimitMax,requestCount,remaining,lastRequest,expiresAt,createdAt,updatedAt,permissions,"
        "metadata",
        "1,CI,ab_xyz,NULL,{base64url},7,NULL,NULL,NULL,{on},1,86400000,10,3,NULL,NULL,{ends},2020,2020,NULL,NULL",
        {"on": "1", "ends": "NULL"},
        [{"on": "0"}, {"ends": "2020-01-01T00:00:00.000Z"}],
        BETTER_AUTH_LIMITS,
    ),
    # pkg/mysql/schema/keys.sql. MySQL keeps no time zone; the times are UTC, and Z was written after them.
    "unkey": Dump(
        "pk,id,key_auth_id,hash,start,workspace_id,for_workspace_id,name,identity_id,meta,expires,created_at_m,"
        "updated_at_m,deleted_at_m,refill_day,refill_amount,last_refill_at,enabled,remaining_requests,environment,"
        "last_used_at,pending_migration_id",
        "1,key_1,ks_1,{base64},ab_xyz,ws_1,\\N,CI,\\N,\\N,{ends},1577836800000,\\N,{gone},\\N,\\N,\\N,{on},\\N,live,0,\\N",
        {"ends": "\\N", "on": "1", "gone": "\\N"},
        [{"on": "0"}, {"gone": "1700000000000"}, {"ends": "2020-01-01 00:00:00.000Z"}],
        ["remaining_requests", "pending_migration_id"],
    ),
    "our own names": Dump(
        "Hash,REVOKED,Revoked_At,Enabled,Expires_At",
        "{sha256},{revoked},{when},{on},{ends}",
        {"revoked": "", "when": "", "on": "", "ends": ""},
        [{"revoked": "1"}, {"when": "2020-01-01"}, {"on": "no"}, {"ends": "2020-01-01T00:00:00Z"}],
    ),
}


def hashes_of(key):
    """As these systems store them."""
    short, long = hashlib.sha256(key.encode()), hashlib.sha512(key.encode())
    return {
        "sha256": short.hexdigest(),
        "sha512": long.hexdigest(),
        "base64": base64.b64encode(short.digest()).decode(),
        "base64url": base64.urlsafe_b64encode(short.digest()).decode().rstrip("="),
    }


@pytest.mark.parametrize("system", DUMPS)
def test_a_key_that_does_not_work_any_more_there_does_not_work_here(operator, acme, tmp_path, app, runtime, system):
    dump = DUMPS[system]
    rows = [
        dump.row.format(**(dump.working | changed | hashes_of(f"foreign {number}")))
        for number, changed in enumerate([{}, *dump.others])
    ]
    file = tmp_path / "dump.csv"
    file.write_text("\n".join([dump.header, *rows]))
    if dump.restricting:
        refused = operator.refused("import", file, "--org", "Acme")
        assert f"unknown: {', '.join(map(repr, dump.restricting))}. They may restrict the keys" in refused
    ignored = [word for column in dump.restricting for word in ("--ignore", column)]
    assert operator.try_to("import", file, "--org", "Acme", *ignored).exit_code == 0
    with app.app_context():
        outcomes = [key_verification.verify(runtime, f"foreign {number}", None).outcome for number in range(len(rows))]
    assert outcomes[0] == "VALID"
    assert set(outcomes[1:]) <= {"REVOKED", "EXPIRED"}


def test_a_token_of_knox_4_is_refused_because_it_would_never_work(operator, acme, tmp_path):
    """Its digest is that of the bytes that the token writes in hexadecimal."""
    token = "0123456789abcdef" * 4
    digest_of_4 = hashlib.sha512(bytes.fromhex(token)).hexdigest()
    file = tmp_path / "dump.csv"
    file.write_text(f"digest,token_key,user_id,created,expiry\n{digest_of_4},{token[:8]},7,2020,\n")
    refused = operator.refused("import", file, "--org", "Acme")
    assert "line 2: token_key: has 8 characters, so it is of knox 4" in refused


def test_a_time_without_a_zone_is_refused_with_the_way_out(operator, acme, tmp_path):
    """MySQL writes no zone."""
    file = tmp_path / "dump.csv"
    file.write_text(f"hash,expires\n{digest('key')},2027-01-31 12:00:00.000\n")
    refused = operator.refused("import", file, "--org", "Acme")
    assert "line 2: expires_at: has no time zone; if it is in UTC, write it like 2027-01-31T12:00:00Z" in refused


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
