"""Many writers at once: they wait in line, and none is turned away."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier

import pytest
from sqlalchemy import NullPool, create_engine, text

from app.domain.errors import Busy
from app.domain.key_settings import KeySettings
from app.domain.member_roles import Permission
from app.services import audit, key_revocation, keys, organizations
from tests.servers import serving
from tests.services import issued_keys
from tests.system.visitors import Request, Visitor, at_once, query

BOTH = pytest.mark.databases("sqlite", "postgresql")


@pytest.mark.parametrize("volleys", [3, pytest.param(30, marks=pytest.mark.soak)])
def test_32_writers_over_two_processes_on_sqlite_all_succeed(two_servers, database, app, volleys):
    began = time.monotonic()
    with Visitor(two_servers[0]) as owner:
        owner.sign_in("alice@example.com")
        headers = {"Cookie": f"whs_session={owner.session}", "Content-Type": "application/json"}
        path = f"/v1/orgs/{owner.org}/keys"
        statuses = Counter()
        for _ in range(volleys):
            volley = (Request(two_servers[n % 2], "POST", path, headers, '{"name": "CI"}') for n in range(32))
            statuses += Counter(answer.status for answer in at_once(volley))
    print(f"{volleys} volleys of 32 writers: {dict(statuses)}, {time.monotonic() - began:.1f} s")
    assert statuses == {201: 32 * volleys}
    assert not any("unavailable" in server.log or "crash" in server.log for server in two_servers)
    assert query(database, "SELECT count(*) FROM api_key") == [(32 * volleys,)]
    with app.app_context():
        assert audit.broken_at(owner.org) is None


@pytest.mark.parametrize("each", [2, pytest.param(20, marks=pytest.mark.soak)])
def test_32_threads_of_one_process_on_sqlite_all_succeed(app, runtime, alice, each):
    everybody = Barrier(32)

    def write(number):
        with app.app_context():
            member = organizations.member(alice.person_id, alice.email, alice.org, Permission.CREATE_KEYS)
            everybody.wait(30)
            for _ in range(each):
                issued = keys.create(runtime, member, KeySettings(name=f"Writer {number}"))
            while True:
                with suppress(Busy):
                    return key_revocation.revoke(runtime, member, issued.listed.key.id).key.revoked_at
                time.sleep(0.05)

    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(write, range(32)))
    with app.app_context():
        assert issued_keys.count(alice.org) == 32 * each
        assert audit.broken_at(alice.org) is None


@pytest.mark.soak
def test_under_unbroken_load_every_writer_gets_a_turn_within_seconds(database, tmp_path):
    with serving(database, tmp_path) as server, Visitor(server) as owner:
        owner.sign_in("alice@example.com")
        ends, address = time.monotonic() + 30, f"{server.url}/v1/orgs/{owner.org}/keys"

        def write(_):
            waits = []
            with Visitor(server) as writer:
                writer.org = owner.org
                writer.http.cookies.set("whs_session", owner.session)
                while time.monotonic() < ends:
                    asked = time.monotonic()
                    # Over the limit of new keys it has waited for its turn, too.
                    assert writer.http.post(address, json={"name": "A key"}).status_code in {201, 429}
                    waits.append(time.monotonic() - asked)
            return waits

        with ThreadPoolExecutor(32) as pool:
            waits = sorted(wait for one in pool.map(write, range(32)) for wait in one)
    print(f"{len(waits)} tries, median {waits[len(waits) // 2]:.2f} s, longest {waits[-1]:.2f} s")
    assert waits[-1] < 5


@pytest.mark.soak
@BOTH
def test_a_lock_that_is_held_too_long_is_a_503_and_then_over(database, tmp_path):
    with serving(database, tmp_path) as server, Visitor(server) as owner:
        owner.sign_in("alice@example.com")
        hold_the_lock(database, owner)
        assert owner.create_key()["key"]


def hold_the_lock(database, owner):
    """Somebody else's transaction that does not end: a create waits for its time and is refused, a read goes on."""
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        if database.startswith("sqlite"):
            connection.connection.driver_connection.isolation_level = None
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT * FROM organization FOR UPDATE"))
        address = f"{owner.server.url}/v1/orgs/{owner.org}/keys"
        refused = owner.http.post(address, json={"name": "CI"})
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        assert owner.http.get(address).status_code == 200
        connection.rollback()
