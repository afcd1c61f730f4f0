"""What some organizations do never keeps another one from revoking."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest

from tests.system.load import in_ms, percentile
from tests.system.visitors import ENDPOINTS, Line, Visitor

BOTH = pytest.mark.databases("sqlite", "postgresql")
#: Between two revokes of the owner's, who so asks for less than an equal share of the turns.
PAUSE_SECONDS = 0.5


class Attacker:
    """An organization that does nothing but take and give rights, in loops that never rest long."""

    def __init__(self, visitor: Visitor, number: int) -> None:
        self.visitor = visitor.sign_in(f"attacker{number}@example.com")
        self.seen: Counter[tuple[str, int]] = Counter()
        self.key = self.visitor.create_key(scopes=["cache:invalidate"])
        self.revoked = self.visitor.create_key()["id"]
        self.rotated = self.visitor.create_key()["id"]

    def loop(self, kind: str, stop: Event) -> None:
        keys = f"{self.visitor.server.url}/v1/orgs/{self.visitor.org}/keys"
        cookie = {"Cookie": f"whs_session={self.visitor.session}"}
        with Visitor(self.visitor.server) as http:
            while not stop.is_set():
                match kind:
                    case "invalidate":
                        url = f"{self.visitor.server.url}/v1/cache/invalidate"
                        answer = http.http.post(url, headers={"x-api-key": self.key["key"]})
                    case "revoke":
                        answer = http.http.post(f"{keys}/{self.revoked}/revoke", headers=cookie)
                    case "change":
                        name = {"name": f"{time.monotonic()}"}
                        answer = http.http.patch(f"{keys}/{self.key['id']}", json=name, headers=cookie)
                    case "rotate":
                        answer = http.http.post(f"{keys}/{self.rotated}/rotate", headers=cookie)
                        if answer.status_code == 201:
                            self.rotated = answer.json()["data"]["id"]
                self.seen[kind, answer.status_code] += 1
                if answer.status_code != 200:
                    time.sleep(0.02)


def beside_twenty_loops(server, revokes):
    """Seconds that each revoke took, and those of forward-auth beside them."""
    kinds = ("invalidate", "revoke", "change", "rotate")
    stop, seen, answers, took, asked = Event(), Counter(), Counter(), [], []

    def ask(key):
        with Line(server) as line:
            while not stop.is_set():
                began = time.monotonic()
                assert line.ask(*ENDPOINTS["forward-auth"], x_api_key=key)[0] == 200
                asked.append(time.monotonic() - began)
                time.sleep(0.002)

    def empty(leaked):
        """What the holder of a leaked key of the owner's can do against its revocation."""
        with Line(server) as line:
            while not stop.is_set():
                answers[line.ask("POST", "/v1/cache/invalidate", x_api_key=leaked)[0]] += 1

    with ExitStack() as stack, ThreadPoolExecutor(23) as pool:
        stack.callback(stop.set)
        visitors = [stack.enter_context(Visitor(server)) for _ in range(10)]
        attackers = [Attacker(visitor, number) for number, visitor in enumerate(visitors)]
        owner = stack.enter_context(Visitor(server)).sign_in("owner@example.com")
        asking = [pool.submit(ask, owner.create_key()["key"])]
        asking += [pool.submit(attackers[number % 10].loop, kinds[number % 4], stop) for number in range(20)]
        leaked = owner.create_key(scopes=["cache:invalidate"])["key"]
        asking += [pool.submit(empty, leaked) for _ in range(2)]
        time.sleep(1)
        lines = [(endpoint, stack.enter_context(Line(server))) for endpoint in ENDPOINTS.values()]
        for _ in range(revokes):
            key = owner.create_key()
            assert [line.ask(*asked, x_api_key=key["key"])[0] for asked, line in lines] == [200, 200]
            began = time.monotonic()
            status = owner.revoke(key["id"]).status_code
            took.append(time.monotonic() - began)
            seen[status, *(line.ask(*asked, x_api_key=key["key"])[0] for asked, line in lines)] += 1
            time.sleep(PAUSE_SECONDS)
        stop.set()
        for one in asking:
            one.result()
    attacks = sum((attacker.seen for attacker in attackers), Counter())
    print(
        f"\n{revokes} revokes beside 20 loops: {dict(seen)}, {in_ms(took)};"
        f" {len(asked)} of forward-auth: {in_ms(asked)}; loops saw {dict(attacks)},"
        f" the holder of a leaked key {dict(answers)}"
    )
    assert seen == {(200, 401, 401): revokes}
    assert answers[200] > 0
    # Theirs were still at it.
    assert all(attacks[kind, 201 if kind == "rotate" else 200] > 0 for kind in kinds)
    return took, asked


@BOTH
def test_beside_twenty_loops_of_ten_organizations_every_revoke_succeeds_at_once(servers):
    beside_twenty_loops(*servers(1), 3)


@pytest.mark.soak
@BOTH
def test_beside_twenty_loops_a_hundred_revokes_take_less_than_half_a_second(servers):
    took, _ = beside_twenty_loops(*servers(1), 100)
    assert percentile(99, took) < 0.5
