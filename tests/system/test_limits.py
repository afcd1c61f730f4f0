"""Credits and rate limits are exact, however many processes take at once."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.config import ROOT
from tests.system.visitors import ENDPOINTS, Line, Visitor, query

BOTH = pytest.mark.databases("sqlite", "postgresql")

PAID = '\n[[routes]]\nmethod = "GET"\npath = "/v1/paid"\nscope = "agent:r"\ncost = 3\n'


def ask(servers, key, endpoint, *, times, threads=16):
    """Statuses of so many requests, as many at a time as there are threads, half of them to each process."""

    def some(number):
        with Line(servers[number % len(servers)]) as line:
            return Counter(line.ask(*endpoint, x_api_key=key)[0] for _ in range(times // threads))

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(some, range(threads)), Counter())


def debit(servers, database, folder, *, times, affordable):
    """Asks `times` for what costs 3, with enough for `affordable` of them and one credit over."""
    policy = folder / "route_policy.toml"
    policy.write_text((ROOT / "app" / "route_policy.toml").read_text() + PAID)
    both = servers(2, POLICY_FILE=str(policy), SIGN_UP_CREDITS=str(3 * affordable + 1))
    with Visitor(both[0]) as owner:
        key = owner.sign_in("alice@example.com").create_key()["key"]
        began = time.monotonic()
        statuses = ask(both, key, ("GET", "/v1/forward-auth/v1/paid"), times=times)
        took = time.monotonic() - began
        balance = owner.http.get(f"{owner.server.url}/v1/credits/balance", headers={"x-api-key": key}).json()
    print(f"\n{times} debits on 2 processes: {dict(statuses)}, {times / took:.0f} a second")
    assert statuses == {200: affordable, 402: times - affordable}
    assert balance == {"balance": 1, "used": 3 * affordable, "granted": 3 * affordable + 1}
    assert query(database, "SELECT sum(amount), count(*), min(amount) FROM credit_entry") == [(1, affordable + 1, -3)]


@BOTH
def test_three_hundred_parallel_debits_never_go_below_zero_and_the_ledger_adds_up(servers, database, tmp_path):
    debit(servers, database, tmp_path, times=304, affordable=250)


@pytest.mark.soak
@BOTH
def test_ten_thousand_parallel_debits_never_go_below_zero_and_the_ledger_adds_up(servers, database, tmp_path):
    debit(servers, database, tmp_path, times=10_000, affordable=9_000)


def limited(database, owner, requests, seconds):
    """A key that may make so many requests in so many seconds."""
    key = owner.create_key()
    sql = "UPDATE api_key SET rate_requests = :requests, rate_seconds = :seconds WHERE id = :id"
    query(database, sql, requests=requests, seconds=seconds, id=key["id"])
    return key["key"]


def accepted(server, key, until):
    """When each accepted request of a client that asks all the time was sent and answered."""
    found = []
    with Line(server) as line:
        while time.monotonic() < until:
            sent = time.monotonic()
            if line.ask(*ENDPOINTS["forward-auth"], x_api_key=key)[0] == 200:
                found.append((sent, time.monotonic()))
            else:
                # It still asks far more often than the limit allows.
                time.sleep(0.01)
    return found


def windows(servers, database, valkey, *, seconds):
    four = servers(4, VALKEY_URL=f"valkey://{valkey.host}:{valkey.port}")
    with Visitor(four[0]) as owner, ThreadPoolExecutor(8) as pool:
        owner.sign_in("alice@example.com")
        minute = limited(database, owner, 100, 60)
        for endpoint in ENDPOINTS.values():
            # The hundred are spent at the first endpoint; the other one finds none.
            spent = ask(four, minute, endpoint, times=200, threads=20)
            assert spent in ({200: 100, 429: 100}, {429: 200})
        key, until = limited(database, owner, 50, 1), time.monotonic() + seconds
        found = [one for some in pool.map(lambda n: accepted(four[n % 4], key, until), range(8)) for one in some]
    print(f"\n100 a minute: 100 of 400; 50 a second for {seconds} s over 4 processes: {len(found)} accepted")
    # However the clocks are read, the 51st was answered more than a second after the first of them was sent.
    ends = sorted(end for _, end in found)
    begins = sorted(begin for begin, _ in found)
    assert all(ends[number + 50] - begins[number] > 1 for number in range(len(found) - 50))
    assert 50 * seconds - 50 <= len(found) <= 50 * (seconds + 1)


def test_four_processes_on_one_valkey_accept_exactly_what_a_window_holds(servers, database, valkey):
    windows(servers, database, valkey, seconds=2)


@pytest.mark.soak
def test_four_processes_on_one_valkey_accept_exactly_what_each_of_thirty_windows_holds(servers, database, valkey):
    windows(servers, database, valkey, seconds=30)
