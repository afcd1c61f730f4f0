"""Turns of those who revoke: fair between organizations, and never more threads than there are places."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest

from app.cli.serve import BLOCKING_THREADS
from app.domain.errors import Busy
from app.services import fair_revocation_queue as module
from app.services.fair_revocation_queue import PLACES, RUNNING, RevocationQueue


class Crowd:
    """Threads that want turns. `log`: whose turn began, in order."""

    def __init__(self, pool):
        self.turns, self.pool, self.log, self.ends = RevocationQueue(), pool, [], {}

    def come(self, org, *, joins=False):
        """Somebody of the organization asks for a turn, and keeps it until `leave`."""
        before = self.of(org)
        end = Event()
        self.ends.setdefault(org, []).append(end)

        def act():
            with self.turns.take(org, joins=joins) as turn:
                if turn.outcome is None:
                    self.log.append(org)
                    assert end.wait(10)
                    turn.outcome = f"{org} {len(self.log)}"
                return turn.outcome

        coming = self.pool.submit(act)
        until(lambda: coming.done() or self.of(org) > before)
        return coming

    def of(self, org):
        """How many of the organization run or wait."""
        return [turn.org_id for turn in [*self.turns._waiting, *self.turns._running]].count(org)

    def running(self):
        return {turn.org_id for turn in self.turns._running}

    def waiting(self):
        return [turn.org_id for turn in self.turns._waiting]

    def leave(self, org):
        self.ends[org].pop(0).set()

    def use(self, org, turns):
        for _ in range(turns):
            with self.turns.take(org):
                pass


@pytest.fixture
def crowd():
    with ThreadPoolExecutor(32) as pool:
        crowd = Crowd(pool)
        yield crowd
        for end in [end for ends in crowd.ends.values() for end in ends]:
            end.set()


def until(true):
    ends = time.monotonic() + 10
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.001)


def test_half_of_the_threads_go_on_serving():
    assert 2 * PLACES <= BLOCKING_THREADS
    assert RUNNING < PLACES


def test_an_organization_has_one_turn_at_a_time(crowd):
    crowd.come("a")
    crowd.come("a")
    assert (crowd.running(), crowd.waiting()) == ({"a"}, ["a"])
    crowd.come("b")
    assert (crowd.running(), crowd.waiting()) == ({"a", "b"}, ["a"])
    crowd.leave("a")
    until(lambda: crowd.log == ["a", "b", "a"])


def test_who_took_the_fewest_turns_lately_comes_first(crowd):
    crowd.use("a", 3)
    crowd.use("b", 2)
    crowd.come("x")
    crowd.come("y")
    crowd.come("a")
    crowd.come("b")
    crowd.leave("x")
    until(lambda: crowd.log == ["x", "y", "b"])


def test_with_no_place_left_the_one_who_took_the_most_is_refused_not_the_one_who_comes(crowd):
    crowd.use("a", 3)
    crowd.use("b", 5)
    crowd.come("x")
    crowd.come("y")
    first, second = crowd.come("a"), crowd.come("b")
    seldom = crowd.come("seldom")
    with pytest.raises(Busy):
        second.result(10)
    crowd.come("another")
    with pytest.raises(Busy):
        first.result(10)
    assert crowd.waiting() == ["seldom", "another"]
    with pytest.raises(Busy):
        crowd.come("b").result(10)
    crowd.leave("y")
    until(lambda: crowd.log == ["x", "y", "seldom"])
    crowd.leave("seldom")
    seldom.result(10)


def test_one_organization_alone_leaves_room_for_others_however_often_it_asks(crowd):
    crowd.come("a")
    waiting = [crowd.come("a") for _ in range(PLACES - 1)]
    with pytest.raises(Busy):
        crowd.come("a").result(10)
    crowd.come("b")
    assert crowd.running() == {"a", "b"}
    with pytest.raises(Busy):
        waiting[-1].result(10)


def test_a_turn_counts_half_after_a_while(crowd):
    now = [1000.0]
    crowd.turns._now = lambda: now[0]
    crowd.use("a", 4)
    now[0] += 2 * module.HALF_LIFE_SECONDS
    crowd.use("b", 2)
    assert crowd.turns._lately(("a", False)) == pytest.approx(1)
    assert crowd.turns._lately(("b", False)) == 2


def test_what_is_remembered_of_organizations_is_bounded(crowd, monkeypatch):
    monkeypatch.setattr(module, "MAX_REMEMBERED", 10)
    now = [1000.0]
    crowd.turns._now = lambda: now[0]
    for number in range(100):
        now[0] += module.HALF_LIFE_SECONDS
        crowd.use(f"org {number}", 1)
    assert len(crowd.turns._use) <= 11


def test_nobody_waits_for_ever(crowd, monkeypatch):
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    crowd.come("a")
    with pytest.raises(Busy):
        crowd.come("a").result(10)
    assert crowd.waiting() == []


def test_those_who_join_are_done_by_the_first_of_them_and_by_none_that_began_before(crowd):
    first = crowd.come("a", joins=True)
    second, third = crowd.come("a", joins=True), crowd.come("a", joins=True)
    crowd.leave("a")
    assert first.result(10) == "a 1"
    crowd.leave("a")
    assert (second.result(10), third.result(10)) == ("a 2", "a 2")
    assert crowd.log == ["a", "a"]


def test_if_the_one_who_does_it_for_others_fails_the_next_does_it():
    turns, asked = RevocationQueue(), []

    def ask(fails):
        with turns.take("a", joins=True) as turn:
            if turn.outcome is None:
                asked.append(1)
                if fails:
                    raise RuntimeError("stop")
                turn.outcome = "done"
            return turn.outcome

    with ThreadPoolExecutor(2) as pool, ExitStack() as holds:
        holds.enter_context(turns.take("a"))
        fails = pool.submit(ask, True)
        until(lambda: len(turns._waiting) == 1)
        other = pool.submit(ask, False)
        until(lambda: len(turns._waiting) == 2)
        holds.close()
        with pytest.raises(RuntimeError, match="stop"):
            fails.result(10)
        assert other.result(10) == "done"
    assert len(asked) == 2


def test_a_leaked_key_does_not_keep_its_owner_from_revoking_it(crowd):
    """Whoever holds a key may empty the cache in a loop, and no more. Others want all the other places."""
    crowd.come("owner", joins=True)
    crowd.come("one")
    two, _ = crowd.come("two"), crowd.come("three")

    def revoke():
        with crowd.turns.take("owner"):
            return "revoked"

    revoking = crowd.pool.submit(revoke)
    until(two.done)
    assert isinstance(two.exception(), Busy)
    crowd.leave("owner")
    crowd.leave("one")
    assert revoking.result(5) == "revoked"
