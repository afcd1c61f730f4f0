"""An SQLite file, or its write-ahead log, that is removed or replaced under a running server."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.servers import run, serving
from tests.system.visitors import Visitor

pytestmark = pytest.mark.databases("sqlite")


def path_of(database):
    return Path(database.removeprefix("sqlite:///"))


def test_a_replaced_file_ends_the_service_until_a_restart(database, tmp_path):
    file = path_of(database)
    with serving(database, tmp_path) as server, Visitor(server) as owner:
        made = owner.sign_in("alice@example.com").create_key()
        assert owner.me(made["key"]).status_code == 200
        # An operator puts an earlier copy in place, and forgets to stop the server.
        with closing(sqlite3.connect(file)) as connection:
            connection.execute(f"VACUUM INTO '{tmp_path}/earlier.db'")
        assert owner.revoke(made["id"]).status_code == 200
        (tmp_path / "earlier.db").rename(file)
        content = file.read_bytes()

        assert owner.http.post(f"{server.url}/v1/orgs/{owner.org}/keys", json={"name": "CI"}).status_code == 503
        for path in ("/readyz", "/sign-in", "/v1/forward-auth", "/v1/forward-auth/v1/notes", "/nowhere"):
            answer = owner.http.get(server.url + path, headers={"x-api-key": made["key"]})
            assert (path, answer.status_code) == (path, 503)
        assert owner.me("whk_nonsense").status_code == 503
        assert owner.http.get(f"{server.url}/healthz").status_code == 200
        assert server.log.count("out of service until restarted: the database file, its -wal") == 1
        found = run(database, tmp_path, "doctor", PORT=server.url.rpartition(":")[2])
        assert "BAD  server: The database was removed or replaced while Keydesk was running" in found.stdout
        server.stop()
        assert "Traceback" not in server.log
    # Leaving changed nothing of what is there now.
    assert file.read_bytes() == content


def test_a_removed_log_ends_the_service_and_what_was_acknowledged_is_kept(database, tmp_path):
    """Two servers stand for two processes of one."""
    file = path_of(database)
    with serving(database, tmp_path) as server, serving(database, tmp_path) as other, Visitor(server) as owner:
        kept, revoked = owner.sign_in("alice@example.com").create_key(), owner.create_key()
        assert owner.me(kept["key"], other).status_code == 200
        assert owner.revoke(revoked["id"]).status_code == 200
        Path(f"{file}-wal").unlink()
        assert owner.revoke(kept["id"]).status_code == 503
        deadline = time.monotonic() + 10
        while not all("nothing is lost" in each.log for each in (server, other)):
            assert time.monotonic() < deadline, server.log + other.log
            time.sleep(0.05)
        for each in (server, other):
            assert owner.me(kept["key"], each).status_code == 503
            assert owner.http.get(f"{each.url}/readyz").status_code == 503
            assert owner.http.get(f"{each.url}/healthz").status_code == 200
            assert each.log.count("out of service until restarted") == 1
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with serving(database, tmp_path) as server, Visitor(server) as anybody:
        assert anybody.me(kept["key"]).status_code == 200
        assert anybody.me(revoked["key"]).status_code == 401


@pytest.mark.soak
@pytest.mark.parametrize("attempt", range(10))
def test_a_log_removed_under_load_costs_nothing_that_was_acknowledged(database, tmp_path, attempt):
    file, lost = path_of(database), Event()
    made, revoked, late = [], [], []

    def ask(owner, url, succeeded, **arguments):
        was_lost = lost.is_set()
        answer = owner.http.post(url, **arguments)
        if was_lost and answer.status_code == succeeded:
            late.append(url)
        return answer

    def create_and_revoke(server, owner):
        keys = f"{server.url}/v1/orgs/{owner.org}/keys"
        while (answer := ask(owner, keys, 201, json={"name": "CI"})).status_code in {201, 429}:
            if answer.status_code == 429:
                time.sleep(0.05)
                continue
            key = answer.json()["data"]["id"]
            made.append(key)
            if ask(owner, f"{keys}/{key}/revoke", 200).status_code == 200:
                revoked.append(key)

    with serving(database, tmp_path) as server, serving(database, tmp_path) as other, Visitor(server) as owner:
        owner.sign_in("alice@example.com")
        threads = [Thread(target=create_and_revoke, args=(each, owner)) for each in (server, server, other, other)]
        for thread in threads:
            thread.start()
        time.sleep(1 + attempt * 0.037)
        Path(f"{file}-wal").unlink()
        lost.set()
        for thread in threads:
            thread.join()
        deadline = time.monotonic() + 10
        while not all("nothing is lost" in each.log for each in (server, other)):
            assert time.monotonic() < deadline, server.log + other.log
            time.sleep(0.05)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = dict(connection.execute("SELECT id, revoked_at IS NOT NULL FROM api_key").fetchall())
    assert set(made) <= set(kept)
    assert all(kept[key] for key in revoked)
    assert len(made) > 10
    assert late == []
