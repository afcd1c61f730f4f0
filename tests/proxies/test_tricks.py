"""Attacks by address, by method and by hiding one request in another: none reaches the API without authorization."""

import re
from concurrent.futures import ThreadPoolExecutor

from tests.proxies.tricks import HIDDEN, TARGETS, boldest_reading
from tests.proxies.wire import request, send

METHODS = [
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "PURGE", "DEBUG"),
    *("WEBSOCKET", "get", "GeT", "GET\t", "X", "POST/", "G" * 5000, "BREW", "LOCK", "M-SEARCH", "PRI", "QUERY", ""),
]
ALLOWED = re.compile(r"/v1/notes(/[^/]+)?")
ENCODED_SLASH = re.compile(r"%(2f|5c)", re.IGNORECASE)


def volley(proxy, requests, seconds=1.5):
    """Sends all of them, several at a time; the replies in order."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda data: send(proxy.port, data, seconds), requests))


def trick(number, *, marked):
    return f"X-Trick: {marked}{number}"


def test_no_trick_with_an_address_reaches_what_the_key_may_not(proxy, upstream, keys):
    assert len(set(TARGETS)) > 200
    key, before = f"X-Api-Key: {keys.notes}", len(upstream.hits)
    requests = []
    for number, target in enumerate(TARGETS):
        requests.append(request("GET", target, trick(number, marked="anonymous-")))
        requests.append(request("GET", target, f"X-Api-Key: {keys.revoked}", trick(number, marked="revoked-")))
        requests.append(request("GET", target, key, trick(number, marked="GET-")))
        requests.append(request("POST", target, key, trick(number, marked="POST-"), body=b"{}"))
    control = [
        request("GET", f"/v1/notes/{number}?x=/../admin", key, trick(number, marked="GET-")) for number in range(9)
    ]
    replies = volley(proxy, [*control, *requests])
    assert [reply.status for reply in replies[:9]] == [200] * 9
    wrong = [
        (hit.method, hit.target[:100], hit.value("x-trick"))
        for hit in upstream.since(before)
        if hit.method != "GET"
        or not hit.value("x-trick").startswith("GET-")
        or not ALLOWED.fullmatch(boldest_reading(hit.target))
        # Who reads it boldly and who does not must read the same.
        or ENCODED_SLASH.search(hit.target.partition("?")[0])
    ]
    assert wrong == []
    assert [reply for reply in replies if 300 <= reply.status < 400] == []


def test_no_method_but_get_and_head_passes_with_a_key_that_reads(proxy, upstream, keys):
    before = len(upstream.hits)
    for headers in ([], [f"X-Api-Key: {keys.notes}"]):
        for override in ([], ["X-HTTP-Method-Override: GET", "X-Original-Method: GET", "X-Forwarded-Method: GET"]):
            requests = [request(method, "/v1/notes", *headers, *override) for method in METHODS]
            requests.append(request("CONNECT", "127.0.0.1:9000", *headers, *override))
            replies = volley(proxy, requests)
            assert [reply for reply in replies if 300 <= reply.status < 400] == []
    # nginx asks the API by GET for what it may keep, whoever wants the head alone.
    assert {"GET"} <= {hit.method for hit in upstream.since(before)} <= {"GET", "HEAD"}
    assert all(hit.value("x-auth-key-id") == keys.notes_id for hit in upstream.since(before))


def test_a_request_hidden_in_another_is_checked_like_any(proxy, upstream, keys):
    hidden = "POST /v1/admin HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    before = len(upstream.hits)
    for key in ("", f"X-Api-Key: {keys.notes}\r\n"):
        head = f"Host: api.example.com\r\n{key}"
        size = len(hidden)
        volley(proxy, [text.format(hidden, size, head, f"{size:x}").encode() for text in HIDDEN], 0.5)
    hits = upstream.since(before)
    assert [(hit.method, hit.target) for hit in hits if "admin" in hit.target or hit.method != "GET"] == []
    assert all(hit.value("x-auth-key-id") == keys.notes_id for hit in hits)
    assert hits
