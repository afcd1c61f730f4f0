"""Once a revoke is answered, no process accepts the key."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from tests.processes.visitors import Request, Visitor, Volley

BOTH = pytest.mark.databases("sqlite", "postgresql")


@pytest.fixture
def owner(two_servers):
    with Visitor(two_servers[0]) as visitor:
        yield visitor.sign_in("alice@example.com")


@BOTH
def test_a_key_revoked_on_one_process_is_refused_by_both_two_hundred_times(two_servers, owner):
    began = monotonic()
    seen = Counter()
    for number in range(200):
        here, there = two_servers if number % 2 else reversed(two_servers)
        key = owner.create_key(here)
        # Accepted before, so that anything that the other process might remember says yes.
        assert owner.me(key["key"], there).status_code == 200
        assert owner.revoke(key["id"], here).status_code == 200
        for server in (there, here):
            answer = owner.me(key["key"], server)
            seen[answer.status_code, answer.json()["error_code"]] += 1
    print(f"200 rounds: {dict(seen)}, {monotonic() - began:.1f} s")
    assert seen == {(401, "KEY_REVOKED"): 400}


def late_accepts(owner, servers, races):
    """Revokes a key on both processes at once, and asks both for it as soon as one has answered.

    A process that is too busy may say so (503), of course; that is no revoke, and its race is run again.
    """
    late = 0
    cookie = {"Cookie": f"whs_session={owner.session}"}
    for _ in range(races):
        answers = []
        while 200 not in answers[:1]:
            key = owner.create_key(patient=True)
            path = f"/v1/orgs/{owner.org}/keys/{key['id']}/revoke"
            revokes = Volley(Request(server, "POST", path, cookie) for server in servers)
            verifications = Volley(Request(server, "GET", "/v1/me", {"x-api-key": key["key"]}) for server in servers)
            revokes.send()
            answers = [answer.status for answer in revokes.answers(between=verifications.send)]
            verified = [answer.status for answer in verifications.answers()]
        late += verified.count(200)
        assert set(verified) <= {200, 401}
    return late


def race(owner, servers, *, threads, races):
    began = monotonic()
    with ThreadPoolExecutor(threads) as pool:
        late = sum(pool.map(lambda _: late_accepts(owner, servers, races // threads), range(threads)))
    print(f"{races} races, {threads} at a time: {late} late accepts, {monotonic() - began:.1f} s")
    assert late == 0


@pytest.mark.databases("postgresql")
def test_concurrent_revokes_are_as_immediate_as_one(two_servers, owner):
    race(owner, two_servers, threads=8, races=80)


@pytest.mark.soak
@BOTH
def test_in_ten_thousand_races_no_verification_after_a_revoke_is_accepted(two_servers, owner):
    race(owner, two_servers, threads=32, races=10_016)
