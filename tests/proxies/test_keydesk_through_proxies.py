"""Keydesk's own pages and addresses behind the samples."""

import json
import socket
import time

from tests.proxies.wire import request, send

HOST = "keys.example.com"
NETWORKS = ("198.51.100.0/24", "0.0.0.0/0")


def test_keydesk_answers_by_its_name(proxy, keys):
    assert send(proxy.port, request("GET", "/sign-in", host=HOST)).status == 200
    reply = send(proxy.port, request("GET", "/v1/me", f"X-Api-Key: {keys.notes}", host=HOST))
    assert json.loads(reply.body)["data"]["key_id"] == keys.notes_id


def test_no_proxy_compresses_what_keydesk_leaves_as_it_is(proxy, keydesk):
    """A page with a secret on it must not betray it by its size (BREACH)."""
    visitor = keydesk.signed_in("dora")
    headers = ("Accept-Encoding: gzip", f"Cookie: whs_session={visitor.http.cookies['whs_session']}")
    form = ("Content-Type: application/x-www-form-urlencoded", *headers)
    keys = f"/orgs/{visitor.org}/keys"
    shown = send(proxy.port, request("POST", f"{keys}/new", *form, body=b"name=CI&scopes=agent:r", host=HOST))
    assert (shown.status, shown.value("content-encoding")) == (201, "")
    assert b"Copy your key now" in shown.body
    # nginx compresses no 201, but would compress this.
    asked = send(proxy.port, request("GET", "/device?user_code=WDJB-MJHT", *headers, host=HOST))
    assert (asked.status, asked.value("content-encoding")) == (200, "")
    assert b"WDJB-MJHT" in asked.body
    listed = send(proxy.port, request("GET", keys, *headers, host=HOST))
    assert (listed.status, listed.value("content-encoding")) == (200, "gzip")


def test_where_a_key_may_be_used_from_is_not_the_clients_to_say(proxy, upstream, keydesk):
    elsewhere, anywhere = (keydesk.key("agent:r", "notes:read", networks=net) for net in NETWORKS)
    before = len(upstream.hits)
    for target, host in (("/v1/me", HOST), ("/v1/notes", "api.example.com")):
        assert send(proxy.port, request("GET", target, f"X-Api-Key: {anywhere['key']}", host=host)).status == 200
        for spelling in ("X-Forwarded-For", "x_forwarded_for", "X-Forwarded_For", "X_Forwarded-For", "X-Real-IP"):
            forged = [f"{spelling}: 198.51.100.7", f"{spelling}: 198.51.100.7, 198.51.100.7"]
            reply = send(proxy.port, request("GET", target, f"X-Api-Key: {elsewhere['key']}", *forged, host=host))
            assert (reply.status, json.loads(reply.body)["error_code"]) == (403, "IP_NOT_ALLOWED")
            # The address that is named is not the forged one either.
            assert b"198.51.100.7" not in reply.body
    assert [hit.value("x-auth-key-id") for hit in upstream.since(before)] == [anywhere["id"]]


def test_clients_that_send_slowly_hold_no_thread_of_keydesk(proxy, keydesk, keys):
    """Keydesk has eight threads, so sixteen such clients would silence it twice."""
    lengths = ("Content-Length: 1000", "Transfer-Encoding: chunked")
    heads = [request("POST", "/v1/auth/request", "Content-Type: application/json", line, host=HOST) for line in lengths]
    slow = [socket.create_connection(("127.0.0.1", proxy.port), 5) for _ in range(16)]
    try:
        for connection, head, start in zip(slow, heads * 8, [b'{"email": ', b'a\r\n{"email": \r\n'] * 8, strict=True):
            connection.sendall(head + start)
        time.sleep(0.2)
        began = time.monotonic()
        for _ in range(4):
            assert send(keydesk.port, request("GET", "/v1/me", f"X-Api-Key: {keys.notes}", host=HOST)).status == 200
        assert time.monotonic() - began < 1
    finally:
        for connection in slow:
            connection.close()
