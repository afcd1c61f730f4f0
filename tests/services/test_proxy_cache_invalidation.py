"""The cache generation of an organization."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import pytest

from app.domain.key_settings import KeySettings
from app.services import audit, key_verification, keys, proxy_cache_invalidation


@pytest.fixture
def record(runtime, alice):
    issued = keys.create(runtime, alice.member, KeySettings(name="CI", scopes=["cache:invalidate"]))
    return key_verification.require(runtime, issued.plaintext.reveal(), scope="cache:invalidate")


def test_each_invalidation_is_one_generation_and_one_entry_by_the_key(runtime, alice, record):
    assert [proxy_cache_invalidation.invalidate(runtime, record) for _ in range(3)] == [1, 2, 3]
    entry = audit.page(alice.org, limit=1, cursor=None).items[0]
    assert (entry.action, entry.actor, entry.details) == ("cache.invalidated", record.key_id, {"generation": 3})


def test_invalidations_that_wait_are_done_by_the_first_of_them(app, runtime, alice, record):
    def invalidate():
        with app.app_context():
            return proxy_cache_invalidation.invalidate(runtime, record)

    turns = runtime.revocation_queue
    with ThreadPoolExecutor(3) as pool:
        with turns.take(alice.org):
            waiting = [pool.submit(invalidate) for _ in range(3)]
            until(lambda: len(turns._waiting) == 3)
        assert [one.result() for one in waiting] == [1, 1, 1]
    assert proxy_cache_invalidation.invalidate(runtime, record) == 2
    entries = audit.page(alice.org, limit=10, cursor=None).items
    assert [entry.action for entry in entries].count("cache.invalidated") == 2


def test_one_that_comes_when_another_has_begun_is_not_done_by_it(app, runtime, alice, record, monkeypatch):
    """The other one's generation may be older than what the caller wants to be forgotten."""
    second = []

    def invalidate():
        with app.app_context():
            return proxy_cache_invalidation.invalidate(runtime, record)

    with ThreadPoolExecutor(1) as pool:

        def come_late(_):
            monkeypatch.setattr("app.services.revocation_barrier._wait", lambda _: None)
            second.append(pool.submit(invalidate))
            until(lambda: len(runtime.revocation_queue._waiting) == 1)

        monkeypatch.setattr("app.services.revocation_barrier._wait", come_late)
        assert proxy_cache_invalidation.invalidate(runtime, record) == 1
        assert second[0].result() == 2


def until(true):
    ends = monotonic() + 10
    while not true():
        assert monotonic() < ends
        sleep(0.001)
