"""Counters: endings and times, from many threads, and blocks that raise."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.errors import LimiterUnavailable
from app.services.counters import BUCKETS, Counters, Tally, Timed
from app.store.database_errors import DatabaseUnavailable

pytestmark = pytest.mark.databases("sqlite")


def test_a_time_is_in_the_first_bucket_that_holds_it_and_in_the_sum():
    timed = Timed("VALID")
    for seconds in (0.0, BUCKETS[0], 0.0003, 60.0):
        timed.add("VALID", seconds)
    counts, seconds = timed.times()
    assert (counts[0], counts[2], counts[-1], sum(counts)) == (2, 1, 1, 4)
    assert seconds == pytest.approx(60.0004)
    assert timed.counts() == {"VALID": 4}


def test_threads_lose_no_count():
    timed, tally = Timed("VALID"), Tally()

    def count(_number):
        for _ in range(2_000):
            timed.add_usual(0.5)
            timed.add("EXPIRED", 0.5)
            tally.add("requests")

    # As often as the interpreter can, another thread goes on.
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(count, range(8)))
    finally:
        sys.setswitchinterval(before)
    assert timed.counts() == {"VALID": 16_000, "EXPIRED": 16_000}
    assert (sum(timed.times()[0]), timed.times()[1]) == (32_000, 16_000)
    assert tally.counts() == {"requests": 16_000}


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (LimiterUnavailable(), "LIMITER_UNAVAILABLE"),
        (DatabaseUnavailable("gone"), "DATABASE_UNAVAILABLE"),
        (ZeroDivisionError(), "FAULT"),
    ],
)
def test_a_block_that_raises_ends_in_the_error(error, ending):
    timed = Timed("VALID")
    with pytest.raises(type(error)), timed.adding():
        raise error
    assert timed.counts() == {"VALID": 0, ending: 1}


def test_a_block_ends_in_what_it_says():
    timed = Timed("VALID")
    with timed.adding() as adding:
        adding.ending = "EXPIRED"
    assert timed.counts() == {"VALID": 0, "EXPIRED": 1}


def test_only_errors_of_the_database_count_as_such():
    counters = Counters()
    counters.note_database_error(DatabaseUnavailable("gone"), "job")
    counters.note_database_error(ValueError(), "job")
    assert counters.database_errors.counts() == {"job": 1}
