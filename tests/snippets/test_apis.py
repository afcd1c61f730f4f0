"""The page's snippets as running APIs, asking a real Keydesk."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from tests.snippets.apis import NAMES, connections_to


def refusal(answer):
    return answer.status_code, answer.json()["error_code"]


def test_a_valid_key_is_let_in_as_who_it_is(api, keydesk):
    key = keydesk.key("notes:read")
    headers = (
        {"x-api-key": key["key"]},
        {"authorization": f"Bearer {key['key']}"},
        {"authorization": f"token {key['key']}"},
    )
    for header in headers:
        answer = api.get(**header)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"key_id": key["id"], "org_id": keydesk.org}


def test_no_key_an_unknown_one_and_a_revoked_one_are_401(api, keydesk):
    revoked = keydesk.key("notes:read")
    assert api.get(revoked["key"]).status_code == 200
    keydesk.revoke(revoked)
    reached = api.reached
    answers = [
        api.get(),
        api.get(authorization=f"Basic {revoked['key']}"),
        api.get("x" * 1001),
        api.get("whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD"),
        api.get(revoked["key"]),
    ]
    assert [answer.headers["WWW-Authenticate"] for answer in answers] == ["Bearer"] * 5
    assert [refusal(answer) for answer in answers] == [(401, "NO_KEY")] * 3 + [(401, "NOT_FOUND"), (401, "REVOKED")]
    assert api.reached == reached


def test_a_missing_scope_is_403_and_so_is_a_foreign_address(api, keydesk):
    reader = keydesk.key("notes:read")["key"]
    elsewhere = keydesk.key("notes:read", networks="203.0.113.0/24")["key"]
    here = keydesk.key("notes:read", networks="127.0.0.0/8")["key"]
    reached = api.reached
    assert refusal(api.post(reader)) == (403, "INSUFFICIENT_SCOPE")
    assert refusal(api.get(elsewhere)) == (403, "IP_NOT_ALLOWED")
    assert api.reached == reached
    assert api.get(here).status_code == 200


def test_over_its_limit_a_key_is_429_and_hears_when_to_come_back(api, keydesk):
    key = keydesk.key("notes:read", rate_requests=1, rate_seconds=60)["key"]
    assert api.get(key).status_code == 200
    answer = api.get(key)
    assert refusal(answer) == (429, "RATE_LIMITED")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_a_route_costs_what_it_says_and_without_credits_is_402(api, keydesk):
    key = keydesk.key("notes:write")
    keydesk.leave_credits(9)
    paid = api.post(key["key"])
    assert paid.status_code == 200
    assert paid.json() == {"key_id": key["id"], "credits": 4}
    reached = api.reached
    assert refusal(api.post(key["key"])) == (402, "CREDITS_EXHAUSTED")
    assert api.reached == reached


def test_no_key_comes_into_the_log(api, keydesk):
    keys = [keydesk.key("notes:read")["key"], keydesk.key("agent:r")["key"]]
    assert [api.get(key).status_code for key in keys] == [200, 403]
    assert api.log
    assert not [key for key in [*keys, keydesk.asking] if key[8:] in api.log]


def test_questions_share_one_connection(api, keydesk):
    key = keydesk.key("notes:read")["key"]
    assert api.get(key).status_code == 200
    before = connections_to(keydesk.port)
    assert before, "no connection to Keydesk is seen at all"
    assert [api.get(key).status_code for _ in range(5)] == [200] * 5
    assert connections_to(keydesk.port) <= before


@pytest.fixture
def apis_that_run(all_apis):
    for name in NAMES:
        try:
            all_apis[name]
        except pytest.skip.Exception:
            continue
    return list(all_apis.running.values())


def test_while_keydesk_hangs_or_is_down_nobody_gets_in_and_then_all_is_well_again(apis_that_run, keydesk):
    key = keydesk.key("notes:read")["key"]

    def all_answer(status):
        with ThreadPoolExecutor(len(apis_that_run)) as pool:
            answers = list(pool.map(lambda api: api.get(key), apis_that_run))
        assert [answer.status_code for answer in answers] == [status] * len(apis_that_run)
        return [answer.json() for answer in answers]

    closed = [{"error_code": "KEYDESK_UNAVAILABLE"}] * len(apis_that_run)
    all_answer(200)
    reached = [api.reached for api in apis_that_run]
    with keydesk.held():
        began = monotonic()
        assert all_answer(503) == closed
        assert 1.9 < monotonic() - began < 5
    keydesk.stop()
    try:
        assert all_answer(503) == closed
    finally:
        keydesk.start()
    assert [api.reached for api in apis_that_run] == reached
    all_answer(200)
