"""Revoking, undoing, suspending and resuming the same key at once: afterwards, all processes say what the key is."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.system.visitors import ENDPOINTS, Line, Visitor, new_address

BOTH = pytest.mark.databases("sqlite", "postgresql")
ACTIONS = ("revoke", "undo-revoke", "suspend", "resume")
ACCEPTED = {"active": 200, "suspended": 401, "revoked": 401}


class Racer:
    """An owner with one key, who sends two actions at once to two processes, again and again."""

    def __init__(self, servers, number):
        self.servers, self.luck = servers, random.Random(number)
        self.owner = Visitor(servers[number % len(servers)]).sign_in(f"owner{number}@example.com")
        self.key = self.owner.create_key(servers[0], patient=True)
        self.headers = {"Cookie": f"whs_session={self.owner.session}", "X_Forwarded_For": new_address()}
        self.path = f"/v1/orgs/{self.owner.org}/keys/{self.key['id']}"

    def run(self, races):
        """How often each state came of it, and how often a process said something else."""
        seen = Counter()
        with ExitStack() as stack:
            stack.callback(self.owner.http.close)
            lines = [stack.enter_context(Line(server)) for server in self.servers]
            verifying = [
                (endpoint, stack.enter_context(Line(server)))
                for server in self.servers
                for endpoint in ENDPOINTS.values()
            ]
            for _ in range(races):
                self.act(self.luck.sample(lines, 2))
                state = self.owner.http.get(self.owner.server.url + self.path).json()["data"]["status"]
                for (method, path), line in verifying:
                    line.send(method, path, x_api_key=self.key["key"])
                statuses = [line.answer()[0] for _, line in verifying]
                seen[state] += 1
                seen["wrong"] += sum(status != ACCEPTED[state] for status in statuses)
        return seen

    def act(self, lines):
        """Two actions that a busy server or a limit keeps from being done count as none."""
        for line in lines:
            line.send("POST", f"{self.path}/{self.luck.choice(ACTIONS)}", **self.headers)
        statuses = [line.answer()[0] for line in lines]
        assert set(statuses) <= {200, 409, 429, 503}, statuses
        if 429 in statuses:
            time.sleep(1)


def race(servers, *, threads, races):
    racers = [Racer(servers, number) for number in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        seen = sum(pool.map(lambda racer: racer.run(races // threads), racers), Counter())
    print(f"\n{races} races: {dict(seen)}")
    assert seen["wrong"] == 0
    assert min(seen[state] for state in ACCEPTED) > races // 20


@BOTH
def test_whatever_came_of_a_race_all_processes_say_the_same_at_once(servers):
    race(servers(3), threads=5, races=40)


@BOTH
@pytest.mark.soak
def test_ten_thousand_such_races(servers):
    race(servers(4), threads=20, races=10_000)
