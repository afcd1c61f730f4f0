"""What Keydesk is asked: a recorder in its place shows every byte."""

import pytest

from tests.proxies.recorder import recording
from tests.proxies.running import SAMPLES, running
from tests.proxies.wire import request, send

FORGED = "forged-by-the-client"
OF_THE_CLIENT = {"authorization", "x-api-key", "x-install-id", "upgrade", "sec-websocket-key", "user-agent"}
OF_THE_PROXY = {
    "nginx": {"x-original-method", "x-original-uri", "x-forwarded-host"},
    # Go's own client takes compressed answers.
    "caddy": {"x-forwarded-method", "x-forwarded-uri", "x-forwarded-proto", "x-forwarded-host", "accept-encoding"},
    "haproxy": {"x-forwarded-method", "x-forwarded-uri", "x-forwarded-host"},
    "apache": {"x-forwarded-method", "x-forwarded-uri", "x-forwarded-host", "te"},
    "envoy": {"content-length", "x-envoy-internal", "x-envoy-expected-rq-timeout-ms"},
}
OTHERS = [
    *("Cookie", "Origin", "Referer", "Accept", "Content-Type", "Range", "If-None-Match", "Sec-Fetch-Site", "Forwarded"),
    *("X-Real-IP", "X-HTTP-Method-Override", "Proxy-Authorization", "Via", "X-Envoy-Original-Path", "X-Envoy-Internal"),
    *(
        "X-Original-Method",
        "X-Original-URI",
        "X-Forwarded-Method",
        "X-Forwarded-Uri",
        "X-Forwarded-For",
        "X-Forwarded-Host",
    ),
    *("X_Original_Method", "X_Original_URI", "X_Forwarded_Method", "X_Forwarded_Uri", "X_Forwarded_For", "X_Api_Key"),
    *("X-Auth-Key-Id", "X_Auth_Key_Id", "Sec-WebSocket-Protocol", "Authorization_", "X-Anything"),
]


@pytest.fixture(params=SAMPLES)
def asked(request, tmp_path, upstream):
    """Sends a request through the proxy; what Keydesk was asked for it."""
    identity = {"X_Auth_Key_Id": "key", "X_Auth_Org_Id": "org", "X_Auth_Scopes": "a", "X_Auth_Name": "n"}

    def answer(_, conversation):
        conversation.reply("200 OK", X_Auth_Cache_Generation="0", **identity)
        return True

    with (
        recording(answer) as keydesk,
        running(request.param, tmp_path / "proxy", keydesk=keydesk.port, upstream=upstream.port) as proxy,
    ):

        def ask(data):
            before = len(keydesk.hits)
            assert send(proxy.port, data).status == 200
            (hit,) = keydesk.since(before)
            return hit

        ask.proxy = proxy.name
        yield ask


def test_it_holds_a_few_headers_of_the_client_and_no_body(asked):
    own = {
        "Authorization": "Bearer a",
        "X-Api-Key": "b",
        "X-Install-Id": "c",
        "User-Agent": "d",
        "Sec-WebSocket-Key": "e",
    }
    lines = [f"{name}: {FORGED}" for name in OTHERS] + [f"{name}: {value}" for name, value in own.items()]
    hit = asked(request("PUT", "/v1/notes/7?a=%2f&b", *lines, body=b"x" * 5000))
    names = {name.lower() for name, _ in hit.headers}
    assert names <= OF_THE_CLIENT | OF_THE_PROXY[asked.proxy] | {"host", "connection", "x-forwarded-for"}
    assert FORGED not in str(hit.headers)
    assert hit.body == b""
    # Without Upgrade the key of a handshake is none, and a proxy may keep it.
    assert {name: hit.value(name) for name in list(own)[:4]} == {name: own[name] for name in list(own)[:4]}
    if asked.proxy == "envoy":
        assert (hit.method, hit.target) == ("PUT", "/v1/forward-auth/v1/notes/7?a=%2f&b")
    else:
        pair = (
            ("X-Original-Method", "X-Original-URI")
            if asked.proxy == "nginx"
            else ("X-Forwarded-Method", "X-Forwarded-Uri")
        )
        assert [hit.value(name) for name in pair] == ["PUT", "/v1/notes/7?a=%2f&b"]


def test_a_header_that_comes_twice_is_asked_about_whole(asked):
    """Keydesk refuses two keys. nginx before 1.23 asks about the first alone, which is then the request's only one: the
    API gets neither."""
    hit = asked(request("GET", "/v1/notes", "X-Api-Key: one", "X-Api-Key: two"))
    old_nginx = {"one"} if asked.proxy == "nginx" else set()
    assert hit.value("x-api-key").replace(" ", "") in {"one,two"} | old_nginx
