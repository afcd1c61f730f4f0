"""Which credentials pass, in which way they may be sent, and that they end at the proxy."""

import re

from app.domain.identity_headers import IDENTITY_HEADERS
from tests.proxies.wire import request, send

HANDSHAKE = [
    *("Connection: Upgrade", "Upgrade: websocket"),
    *("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
]
OTHER = "whk_ABCDEFGHIJKLMNOPQRSTUVWXYZ2bkEBD"


def everything_in(hit):
    return "\n".join([hit.target, *(f"{name}: {value}" for name, value in hit.headers), hit.body.decode("latin-1")])


def test_every_way_to_send_a_key_passes_and_the_key_ends_there(proxy, upstream, keys):
    for line in (
        f"X-Api-Key: {keys.agent}",
        f"x-api-key:{keys.agent}",
        f"Authorization: Bearer {keys.agent}",
        f"authorization: token {keys.agent}",
    ):
        before = len(upstream.hits)
        data = request("POST", "/v1/listen?model=tiny.en&x=%2f", line, "Cookie: a=b", "X-Mine: yes", body=b"RIFF")
        assert send(proxy.port, data).status == 200
        (hit,) = upstream.since(before)
        assert (hit.method, hit.target, hit.body) == ("POST", "/v1/listen?model=tiny.en&x=%2f", b"RIFF")
        assert (hit.value("cookie"), hit.value("x-mine")) == ("a=b", "yes")
        assert keys.agent not in everything_in(hit)
        assert hit.values("authorization") == hit.values("x-api-key") == []


def test_a_public_route_reaches_the_api_as_nobody(proxy, upstream, keys):
    before = len(upstream.hits)
    for headers in ([], [f"X-Api-Key: {keys.notes}"], ["X-Auth-Key-Id: key_1", "X_Auth_Org_Id: org_1"]):
        assert send(proxy.port, request("OPTIONS", "/v1/public", "Origin: https://app.example", *headers)).status == 200
        assert send(proxy.port, request("GET", "/v1/public", *headers)).status in {401, 403}
    hits = upstream.since(before)
    assert [(hit.method, hit.value("origin")) for hit in hits] == [("OPTIONS", "https://app.example")] * 3
    assert [hit.values(name) for hit in hits for name in IDENTITY_HEADERS] == [["-"]] * 15
    assert all(keys.notes not in everything_in(hit) for hit in hits)


def test_what_is_no_credential_of_the_request_or_two_of_them_opens_nothing(proxy, upstream, keys):
    before = len(upstream.hits)
    key, other = f"X-Api-Key: {keys.notes}", f"Authorization: Bearer {OTHER}"
    for target, *headers in (
        ("/v1/notes",),
        ("/v1/notes", "Authorization: Basic dXNlcjpwYXNz"),
        ("/v1/notes", f"X-Api-Key: {keys.revoked}"),
        ("/v1/notes", f"X_Api_Key: {keys.notes}"),
        ("/v1/notes", f"Cookie: x-api-key={keys.notes}"),
        ("/v1/notes", key, other),
        ("/v1/notes", key, "X-Install-Id: 0f9dd17e-8c0f-4a53-9a5a-3c2f4a0b7d11"),
        (f"/v1/notes?token={keys.notes}",),
        (f"/v1/notes?x-api-key={keys.notes}&api_key={keys.notes}",),
        (f"/v1/notes?token={keys.notes}", "Sec-WebSocket-Key:"),
        (f"/v1/notes?token={keys.notes}", "Upgrade: h2c", "Connection: Upgrade"),
    ):
        reply = send(proxy.port, request("GET", target, *headers))
        assert reply.status == 401, (target, headers, reply)
        assert re.fullmatch(
            r'Bearer realm="keydesk"(, error="invalid_(token|request)")?, resource_metadata="[^"]+"',
            reply.value("www-authenticate"),
        )
        assert reply.value("content-type") == "application/problem+json"
    assert upstream.since(before) == []


def test_a_missing_scope_is_named_as_rfc_6750_wants_it(proxy, keys):
    reply = send(proxy.port, request("POST", "/v1/cache/invalidate", f"X-Api-Key: {keys.notes}"))
    assert reply.status == 403
    assert re.fullmatch(
        r'Bearer realm="keydesk", error="insufficient_scope", scope="cache:invalidate", resource_metadata="[^"]+"',
        reply.value("www-authenticate"),
    )


def test_a_token_that_the_api_asks_for_itself_is_the_apis(proxy, upstream, keys):
    before = len(upstream.hits)
    assert send(proxy.port, request("GET", "/v1/notes?token=page-2", f"X-Api-Key: {keys.notes}")).status == 200
    assert [hit.target for hit in upstream.since(before)] == ["/v1/notes?token=page-2"]


def test_the_token_of_a_handshake_ends_at_the_proxy(proxy, upstream, keys):
    for query in (
        "token={}",
        "token={}&model=tiny.en",
        "model=tiny.en&token={}",
        "a=1&token={}&b=%2f%20x",
        "token={}&&",
    ):
        before = len(upstream.hits)
        reply = send(proxy.port, request("GET", f"/v1/listen?{query.format(keys.agent)}", *HANDSHAKE))
        assert reply.status == 101, query
        (hit,) = upstream.since(before)
        assert keys.agent not in everything_in(hit)
        assert hit.values("x-auth-scopes") == ["agent:rw"]
        path, _, rest = hit.target.partition("?")
        assert (path, rest.replace("&", "")) == ("/v1/listen", query.replace("token={}", "").replace("&", ""))


def test_a_token_sent_twice_or_in_another_spelling_never_gets_further(proxy, upstream, keys):
    before = len(upstream.hits)
    for query in (
        "token={0}&token={0}",
        "%74oken={0}",
        "x=1&tok%65n={0}",
        "token={0}&%74%6F%6B%65%6E={0}",
        "token={1}",
    ):
        encoded = "".join(f"%{ord(letter):02x}" for letter in keys.agent)
        reply = send(proxy.port, request("GET", f"/v1/listen?{query.format(keys.agent, encoded)}", *HANDSHAKE))
        # Refused, or removed all the same.
        assert reply.status in {101, 400}, query
    for hit in upstream.since(before):
        assert keys.agent not in everything_in(hit)
        assert "token" not in hit.target


def test_a_handshake_without_a_key_that_may_is_refused(proxy, upstream, keys):
    before = len(upstream.hits)
    for expected, target, *headers in (
        (401, "/v1/listen", *HANDSHAKE),
        (401, f"/v1/listen?token={keys.revoked}", *HANDSHAKE),
        (403, f"/v1/listen?token={keys.notes}", *HANDSHAKE),
        (403, "/v1/listen", f"X-Api-Key: {keys.notes}", *HANDSHAKE),
        (401, f"/v1/listen?token={OTHER}", f"X-Api-Key: {keys.agent}", *HANDSHAKE),
        (401, f"/v1/listen?Token={keys.agent}", *HANDSHAKE),
        (403, f"/v1/admin?token={keys.agent}", *HANDSHAKE),
        (403, f"/v1/listen?token={keys.agent}"),
    ):
        assert send(proxy.port, request("GET", target, *headers)).status == expected, (target, headers)
    assert upstream.since(before) == []


def test_a_handshake_needs_both_rows_of_its_path(proxy, upstream, keydesk, keys):
    both, listening = keydesk.key("notes:read", "agent:r")["key"], keydesk.key("agent:r")["key"]
    before = len(upstream.hits)
    for key, plain, upgraded in ((both, 200, 101), (keys.notes, 200, 403), (listening, 403, 403)):
        header = f"X-Api-Key: {key}"
        assert send(proxy.port, request("GET", "/v1/both", header)).status == plain
        assert send(proxy.port, request("GET", "/v1/both", header, *HANDSHAKE)).status == upgraded
        assert send(proxy.port, request("GET", f"/v1/both?token={key}", *HANDSHAKE)).status == upgraded
    assert [hit.value("upgrade") for hit in upstream.since(before)] == ["", "websocket", "websocket", ""]


def test_what_keydesk_takes_for_no_handshake_is_not_upgraded(proxy, upstream, keydesk, keys):
    """The GET row, or that of another method, must not open the path's WebSocket."""
    before = len(upstream.hits)
    for method, target, key, *lines in (
        ("GET", "/v1/both", keys.notes, *HANDSHAKE[:3]),
        ("GET", "/v1/both", keys.notes, *HANDSHAKE[:3], "Sec-WebSocket-Key:"),
        ("GET", "/v1/both", keys.notes, *HANDSHAKE[:3], "Sec_WebSocket_Key: dGhlIHNhbXBsZSBub25jZQ=="),
        ("GET", "/v1/both", keys.notes, HANDSHAKE[0], "Upgrade: h2c, websocket", *HANDSHAKE[2:]),
        ("POST", "/v1/listen", keys.agent, *HANDSHAKE),
    ):
        reply = send(proxy.port, request(method, target, f"X-Api-Key: {key}", *lines))
        assert reply.status in {200, 400, 403}, (method, lines)
    assert [hit.value("upgrade") for hit in upstream.since(before) if hit.value("upgrade")] == []


def test_only_a_websocket_is_upgraded_to(proxy, upstream, keys):
    key, before = f"X-Api-Key: {keys.notes}", len(upstream.hits)
    for upgrade in ("h2c", "TLS/1.0", "websocket, h2c", "h2c, websocket", "websocket2"):
        reply = send(proxy.port, request("GET", "/v1/notes", key, "Connection: Upgrade, close", f"Upgrade: {upgrade}"))
        assert reply.status != 101
    assert [hit.value("upgrade") for hit in upstream.since(before) if hit.value("upgrade")] == []
