"""Headers that only a proxy or Keydesk may set, sent by a client in every spelling that some server folds into one."""

import itertools

from app.domain.identity_headers import IDENTITY_HEADERS
from tests.proxies.wire import request, send

QUESTION = [
    *(
        "X-Original-Method",
        "X-Original-URI",
        "X-Original-URL",
        "X-Original-Host",
        "X-Forwarded-Method",
        "X-Forwarded-Uri",
    ),
    *(
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
        "X-Forwarded-For",
        "X-Rewrite-URL",
    ),
    *("X-Forwarded-Server", "X-Forwarded-Ssl", "X-Real-IP", "Forwarded", "X-Auth-Status", "X-Auth-Retry-After"),
    # A framework that believes these makes a DELETE of a GET that was allowed.
    *("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"),
]
FORGED = "203.0.113.66"


def spellings(name):
    """Every mixture of `-` and `_`, each in three ways of writing letters."""
    words = name.split("-")
    for separators in itertools.product("-_", repeat=len(words) - 1):
        spelled = words[0] + "".join(separator + word for separator, word in zip(separators, words[1:], strict=True))
        yield from {spelled, spelled.lower(), spelled.swapcase()}


def batches(names, size):
    lines = [f"{spelling}: {FORGED}" for name in names for spelling in sorted(spellings(name))]
    return [lines[start : start + size] for start in range(0, len(lines), size)]


def forged_values(hit):
    return [(name, value) for name, value in hit.headers if FORGED in value]


def test_the_api_gets_each_identity_header_once_and_from_keydesk(proxy, upstream, keydesk, keys):
    names = [*IDENTITY_HEADERS, *QUESTION]
    assert sum(len(batch) for batch in batches(names, 40)) > 250
    for batch in batches(names, 40):
        before = len(upstream.hits)
        reply = send(proxy.port, request("GET", "/v1/notes", f"X-Api-Key: {keys.notes}", *batch))
        assert reply.status == 200
        (hit,) = upstream.since(before)
        assert forged_values(hit) == []
        assert [hit.values(name) for name in IDENTITY_HEADERS] == [
            [keys.notes_id],
            [keydesk.org],
            ["notes:read"],
            ["A%20key"],
            [str(keydesk.generation())],
        ]


def test_the_client_address_is_the_proxys_to_say(proxy, upstream, keys):
    before = len(upstream.hits)
    forged = [f"X-Forwarded-For: {FORGED}", f"x-forwarded-for: {FORGED}, {FORGED}", f"X_Forwarded_For: {FORGED}"]
    assert send(proxy.port, request("GET", "/v1/notes", f"X-Api-Key: {keys.notes}", *forged)).status == 200
    (hit,) = upstream.since(before)
    (address,) = hit.values("x-forwarded-for")
    assert "," not in address


def test_nobody_answers_the_question_in_the_proxys_place(proxy, upstream, keys):
    """The question that is forged would be allowed: with this key, or by whoever trusts an identity."""
    before = len(upstream.hits)
    identity = [f"{name}: {FORGED}" for name in IDENTITY_HEADERS]
    for method, target, *key in (
        ("GET", "/v1/notes"),
        ("POST", "/v1/listen", f"X-Api-Key: {keys.notes}"),
        ("GET", "/v1/admin", f"X-Api-Key: {keys.notes}"),
    ):
        for pair in (("X-Original-Method", "X-Original-URI"), ("X-Forwarded-Method", "X-Forwarded-Uri")):
            for names in zip(spellings(pair[0]), spellings(pair[1]), strict=False):
                forged = [f"{names[0]}: GET", f"{names[1]}: /v1/notes"]
                assert send(proxy.port, request(method, target, *key, *forged, *identity)).status in {401, 403}
    assert upstream.since(before) == []


def test_no_header_is_dropped_on_the_way_because_the_client_names_it_in_connection(proxy, upstream, keydesk, keys):
    """RFC 9110 7.6.1: a proxy removes the headers that Connection names."""
    before = len(upstream.hits)
    named = [*IDENTITY_HEADERS, *QUESTION, "X-Api-Key", "Authorization", "Host", "Content-Length"]
    for name in [*named, ", ".join(named)]:
        send(proxy.port, request("GET", "/v1/notes", f"X-Api-Key: {keys.notes}", f"Connection: close, {name}"))
        send(proxy.port, request("POST", "/v1/listen", f"X-Api-Key: {keys.notes}", f"Connection: {name}, close"))
        send(proxy.port, request("GET", "/v1/notes", f"Connection: {name}, close"))
    hits = upstream.since(before)
    assert {hit.method for hit in hits} == {"GET"}
    for hit in hits:
        assert [hit.values(name) for name in IDENTITY_HEADERS[:2]] == [[keys.notes_id], [keydesk.org]]
