"""kill -9 at random moments under load: what was acknowledged is there afterwards, whole, and used once."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import pytest

from app.services import audit
from tests.servers import serving
from tests.system.visitors import Request, Visitor, Volley, query

BOTH = pytest.mark.databases("sqlite", "postgresql")
THREADS = 6


@dataclass
class Log:
    """What clients know: what they asked for, and what was answered before the server died."""

    #: Key by key id.
    created: dict[str, str] = field(default_factory=dict)
    revoke_asked: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    redeemed: set[str] = field(default_factory=set)


def load(owner, links, log, luck):
    """Creates keys, revokes half of them and redeems a link now and then, until the server is gone."""
    server, keys = owner.server.url, f"{owner.server.url}/v1/orgs/{owner.org}/keys"
    cookie = {"Cookie": f"whs_session={owner.session}"}
    with httpx.Client(verify=False, timeout=10) as client, suppress(httpx.TransportError):
        while True:
            made = client.post(keys, json={"name": "CI"}, headers=cookie).raise_for_status().json()["data"]
            log.created[made["id"]] = made["key"]
            if luck.random() < 0.5:
                log.revoke_asked.add(made["id"])
                # Too many at once are told so, and nothing was changed.
                while (answer := client.post(f"{keys}/{made['id']}/revoke", headers=cookie)).status_code in {429, 503}:
                    time.sleep(0.1)
                answer.raise_for_status()
                log.revoked.add(made["id"])
            if luck.random() < 0.2 and links:
                link = links.pop()
                assert client.get(server + link).status_code == 302
                client.cookies.clear()
                log.redeemed.add(link)


def crash(server, owner, luck):
    """Kills the server under load; what its clients know."""
    log = Log()
    links = [owner.dev_link(f"guest{luck.random()}@example.com") for _ in range(8)]
    with ThreadPoolExecutor(THREADS) as pool:
        loads = [pool.submit(load, owner, links, log, luck) for _ in range(THREADS)]
        # Some moment in the midst of it, later on a slow machine: by then a revoke has been answered, too.
        enough, deadline = luck.randint(10, 60), time.monotonic() + 10
        while not (log.revoked and len(log.created) >= enough) and time.monotonic() < deadline:
            time.sleep(luck.uniform(0, 0.02))
        server.kill()
        for one in loads:
            one.result()
    return log


def check(visitor, log):
    """Asks the next server about everything that the clients of the last one know."""
    for key_id, key in log.created.items():
        answer = visitor.me(key)
        if key_id in log.revoked:
            assert answer.status_code == 401, f"the acknowledged revoke of {key_id} is lost"
            assert answer.json()["error_code"] == "KEY_REVOKED"
        elif key_id in log.revoke_asked:
            assert answer.status_code in {200, 401}
        else:
            assert answer.status_code == 200, f"the acknowledged key {key_id} is lost"
    for link in log.redeemed:
        assert visitor.http.get(visitor.server.url + link).status_code == 410, "a link worked twice"


def crashes(app, database, folder, *, times, seed):
    organizations, log, made, revoked, redeemed, began = [], Log(), 0, 0, 0, time.monotonic()
    luck = random.Random(seed)
    for number in range(times + 1):
        with serving(database, folder) as server, Visitor(server) as owner:
            check(owner, log)
            if number < times:
                organizations.append(owner.sign_in(f"owner{number}@example.com").org)
                log = crash(server, owner, luck)
                made, revoked = made + len(log.created), revoked + len(log.revoked)
                redeemed += len(log.redeemed)
    assert made > 0
    assert revoked > 0
    with app.app_context():
        for org in organizations:
            assert audit.broken_at(org) is None
    # A key and its entry in the audit log are there together or not at all.
    assert query(
        database,
        "SELECT count(*) FROM api_key WHERE id NOT IN (SELECT target FROM audit_entry WHERE action = 'key.created')",
    ) == [(0,)]
    assert query(
        database,
        "SELECT (SELECT count(*) FROM api_key WHERE revoked_at IS NOT NULL)"
        " - (SELECT count(*) FROM audit_entry WHERE action = 'key.revoked')",
    ) == [(0,)]
    # No link opened two sessions, or was used up without one.
    assert query(database, "SELECT count(*) FROM session") == query(
        database, "SELECT count(*) FROM one_time_secret WHERE used_at IS NOT NULL"
    )
    if database.startswith("sqlite"):
        assert query(database, "PRAGMA integrity_check") == [("ok",)]
        assert query(database, "PRAGMA foreign_key_check") == []
    took = time.monotonic() - began
    print(f"{times} crashes: {made} keys, {revoked} revokes, {redeemed} links acknowledged, none lost, {took:.1f} s")


@BOTH
def test_a_killed_server_loses_nothing_that_it_acknowledged(app, database, tmp_path):
    crashes(app, database, tmp_path, times=1, seed=1)


@pytest.mark.soak
@BOTH
def test_thirty_killed_servers_lose_nothing_that_they_acknowledged(app, database, tmp_path):
    crashes(app, database, tmp_path, times=30, seed=1000)


@BOTH
def test_a_revoke_whose_answer_was_lost_in_a_crash_can_be_asked_again(database, tmp_path):
    with serving(database, tmp_path) as server, Visitor(server) as owner:
        key = owner.sign_in("alice@example.com").create_key()
        session = owner.session
        path = f"/v1/orgs/{owner.org}/keys/{key['id']}/revoke"
        revoke = Volley([Request(server, "POST", path, {"Cookie": f"whs_session={session}"})])
        revoke.send()
        deadline = time.monotonic() + 20
        while query(database, "SELECT revoked_at FROM api_key") == [(None,)] and time.monotonic() < deadline:
            time.sleep(0.001)
        server.kill()
        revoke.close()
    with serving(database, tmp_path) as server, Visitor(server) as again:
        assert again.me(key["key"]).json()["error_code"] == "KEY_REVOKED"
        again.org = owner.org
        again.http.cookies.set("whs_session", session)
        assert again.revoke(key["id"]).status_code == 200
        assert again.me(key["key"]).json()["error_code"] == "KEY_REVOKED"
    assert query(database, "SELECT count(*) FROM audit_entry WHERE action = 'key.revoked'") == [(1,)]
