"""The identity headers of a key reach the API whole, however long they are."""

from urllib.parse import unquote

from app.domain.name_rules import MAX_LENGTH
from app.domain.route_policy import MAX_SCOPES_LENGTH
from tests.proxies.conftest import LONG_SCOPES
from tests.proxies.wire import request, send


def test_the_largest_that_a_key_can_have_pass(proxy, upstream, keydesk):
    scopes, name = " ".join(["notes:read", *LONG_SCOPES]), "🔑" * MAX_LENGTH
    assert len(scopes) == MAX_SCOPES_LENGTH
    with keydesk.signed_in("lena") as visitor:
        key = visitor.create_key(name=name, scopes=scopes.split(" "))
    before = len(upstream.hits)
    for _ in range(2):
        assert send(proxy.port, request("GET", "/v1/notes", f"X-Api-Key: {key['key']}")).status == 200
    for hit in upstream.since(before):
        assert hit.values("x-auth-scopes") == [scopes]
        assert [unquote(value) for value in hit.values("x-auth-name")] == [name]
        assert hit.values("x-auth-key-id") == [key["id"]]
    assert len(upstream.since(before)) == 2
