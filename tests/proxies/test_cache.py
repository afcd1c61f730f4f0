"""nginx keeps the API's answers, for each organization by itself, until somebody empties its cache."""

import json

import pytest

from tests.proxies.wire import request, send

TARGET = "/v1/notes/cacheable?page=1"


@pytest.fixture
def nginx(proxies):
    return proxies("nginx")


def number(nginx, key, target=TARGET, *headers):
    """The number of the API's answer, which is new each time that the API is asked."""
    reply = send(nginx.port, request("GET", target, f"X-Api-Key: {key}", *headers))
    assert reply.status == 200, reply
    return json.loads(reply.body)["number"]


def invalidate(nginx, key):
    reply = send(nginx.port, request("POST", "/v1/cache/invalidate", f"X-Api-Key: {key}", host="keys.example.com"))
    assert reply.status == 200, reply


def test_what_was_kept_is_not_served_once_a_bot_has_emptied_the_cache(nginx, keys):
    assert send(nginx.port, request("GET", TARGET, f"X-Api-Key: {keys.cache}")).status == 403
    for _ in range(10):
        kept = number(nginx, keys.notes)
        assert number(nginx, keys.notes) == kept
        invalidate(nginx, keys.cache)
        assert number(nginx, keys.notes) > kept


def test_what_is_kept_is_checked_like_anything_else(nginx, keydesk, keys):
    assert number(nginx, keys.notes) == number(nginx, keys.notes)
    mine = keydesk.key("notes:read")
    assert number(nginx, mine["key"]) == number(nginx, keys.notes)
    keydesk.revoke(mine)
    for line in ("X-Nothing: 1", f"X-Api-Key: {mine['key']}", f"X-Api-Key: {keys.revoked}"):
        assert send(nginx.port, request("GET", TARGET, line)).status == 401


def test_another_organization_and_other_scopes_find_what_is_theirs(nginx, keydesk, keys):
    writer = keydesk.key("notes:write")["key"]
    # Two new ones, so that their generations are the same.
    strangers = []
    for name in ("bob", "carol"):
        with keydesk.signed_in(name) as visitor:
            strangers.append(visitor.create_key(scopes=["notes:read"])["key"])
    kept = [number(nginx, key) for key in (keys.notes, writer, *strangers)]
    assert len(set(kept)) == 4
    invalidate(nginx, keys.cache)
    assert [number(nginx, key) for key in strangers] == kept[2:]


def test_what_the_api_does_not_offer_to_be_kept_is_not(nginx, keys):
    assert number(nginx, keys.notes, "/v1/notes/7") < number(nginx, keys.notes, "/v1/notes/7")
