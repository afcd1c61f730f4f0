"""The cache generation of an organization."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from app.domain.errors import Busy
from app.domain.key_settings import KeySettings
from app.services import audit, key_verification, keys, proxy_cache


@pytest.fixture
def record(runtime, alice):
    issued = keys.create(runtime, alice.member, KeySettings(name="CI", scopes=["cache:invalidate"]))
    return key_verification.require(runtime, issued.plaintext.reveal(), scope="cache:invalidate")


def test_each_invalidation_is_one_generation_and_one_entry_by_the_key(runtime, alice, record):
    assert [proxy_cache.invalidate(runtime, record) for _ in range(3)] == [1, 2, 3]
    entry = audit.page(alice.org, limit=1, cursor=None).items[0]
    assert (entry.action, entry.actor, entry.details) == ("cache.invalidated", record.key_id, {"generation": 3})


def test_parallel_invalidations_each_raise_it(app, runtime, record):
    def invalidate(_):
        while True:
            try:
                with app.app_context():
                    return proxy_cache.invalidate(runtime, record)
            except Busy:
                sleep(0.05)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(invalidate, range(24))) == list(range(1, 25))
