"""A sign-in link works once, however many processes are asked at once."""

from collections import Counter
from time import monotonic

import pytest

from tests.system.visitors import Request, Visitor, at_once, new_address, query

BOTH = pytest.mark.databases("sqlite", "postgresql")


def redemptions(servers, link, count=64):
    """Half of them by following the link, half by the button of the page; half to either server."""
    for number in range(count):
        method = "GET" if number % 4 < 2 else "POST"
        yield Request(servers[number % len(servers)], method, link, source=new_address())


def race(servers, database, rounds):
    """Redeems a link 64 times at once, round after round."""
    began = monotonic()
    with Visitor(servers[0]) as asker:
        for number in range(rounds):
            link = asker.dev_link(f"round{number}@example.com")
            answers = at_once(redemptions(servers, link))
            signed_in = [
                answer
                for answer in answers
                if answer.status in {302, 303} and "whs_session=" in answer.headers.get("Set-Cookie", "")
            ]
            assert len(signed_in) == 1, Counter(answer.status for answer in answers)
            assert Counter(answer.status for answer in answers)[410] == 63
            assert query(database, "SELECT count(*) FROM session") == [(number + 1,)]
    print(f"{rounds} rounds of 64: 1 session each, {monotonic() - began:.1f} s")


@BOTH
def test_of_64_parallel_redemptions_over_two_processes_one_signs_in(two_servers, database):
    race(two_servers, database, 3)


@pytest.mark.soak
@BOTH
def test_of_64_parallel_redemptions_one_signs_in_fifty_times_over(two_servers, database):
    race(two_servers, database, 50)


@pytest.mark.databases("postgresql")  # SQLite has one writer at a time anyway
def test_parallel_first_sign_ins_by_different_links_make_one_person_and_one_organization(two_servers, database):
    links = []
    for _ in range(16):
        with Visitor(two_servers[0]) as asker:
            links.append(asker.dev_link("new@example.com"))
    answers = at_once(Request(two_servers[number % 2], "GET", link) for number, link in enumerate(links))
    assert [answer.status for answer in answers] == [302] * 16
    for table, rows in (("person", 1), ("organization", 1), ("membership", 1), ("session", 16)):
        assert query(database, f"SELECT count(*) FROM {table}") == [(rows,)], table
