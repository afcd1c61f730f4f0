"""Over a key's limit and out of credit: clients see the real status, whatever the proxy can be told."""

import json

from tests.proxies.wire import request, send


def test_over_its_limit_a_key_is_told_when_to_come_back(proxy, upstream, keydesk):
    key = keydesk.key("notes:read", rate_requests=2, rate_seconds=60)["key"]
    data, before = request("GET", "/v1/notes", f"X-Api-Key: {key}"), len(upstream.hits)
    assert [send(proxy.port, data).status for _ in range(2)] == [200, 200]
    reply = send(proxy.port, data)
    assert reply.status == 429
    problem = json.loads(reply.body)
    assert (problem["status"], problem["error_code"]) == (429, "RATE_LIMITED")
    assert 0 < problem["details"]["retry_after_seconds"] <= 60
    assert reply.value("content-type") == "application/problem+json"
    assert reply.value("retry-after") == str(problem["details"]["retry_after_seconds"])
    assert reply.value("ratelimit-policy") == '"default";q=2;w=60'
    assert reply.value("ratelimit").startswith('"default";r=0;t=')
    assert len(upstream.since(before)) == 2


def test_out_of_credit_is_402_and_what_is_refused_costs_nothing(proxy, upstream, keydesk, keys):
    keydesk.leave_credits(12)
    data, before = request("GET", "/v1/costly", f"X-Api-Key: {keys.notes}"), len(upstream.hits)
    assert [send(proxy.port, data).status for _ in range(4)] == [200, 200, 402, 402]
    reply = send(proxy.port, data)
    assert (json.loads(reply.body)["status"], json.loads(reply.body)["error_code"]) == (402, "CREDITS_EXHAUSTED")
    assert reply.value("retry-after") == ""
    assert len(upstream.since(before)) == 2
    balance = send(keydesk.port, request("GET", "/v1/credits/balance", f"X-Api-Key: {keys.notes}", host="localhost"))
    assert json.loads(balance.body)["balance"] == 2
