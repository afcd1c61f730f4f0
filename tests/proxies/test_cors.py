"""Programs in a browser, with and without the lines that the samples have for them (`#cors`)."""

import pytest
import yaml
from playwright.sync_api import sync_playwright

from tests.browser.chromium import launch_options
from tests.proxies.running import SAMPLES, running
from tests.proxies.wire import request, send
from tests.servers import ROOT

ORIGIN = "Origin: https://app.example"
ASKS = ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type,x-api-key"]
#: In a page of another origin: the call, and what the program can read of the response.
CALL = """async ([url, key]) => {
    const headers = key ? {authorization: `Bearer ${key}`, "content-type": "application/json"} : {};
    try {
        const response = await fetch(url, {method: "GET", headers});
        const {error_code} = await response.json();
        return [response.status, error_code ?? null, response.headers.get("retry-after") !== null];
    } catch {
        return null;
    }
}"""


@pytest.fixture(scope="module", params=SAMPLES)
def open_proxy(request, keydesk, upstream, tmp_path_factory):
    """A proxy with these lines."""
    folder, ports = (
        tmp_path_factory.mktemp("cors") / request.param,
        {"keydesk": keydesk.port, "upstream": upstream.port},
    )
    with running(request.param, folder, cors=True, **ports) as proxy:
        yield proxy


def allowed(reply):
    return {name: reply.value(f"Access-Control-{name}") for name in ("Allow-Origin", "Allow-Headers", "Allow-Methods")}


def test_a_preflight_is_answered_without_asking_anybody(open_proxy, upstream):
    before = len(upstream.hits)
    for target in ("/v1/notes", "/v1/not-listed", "/v1/public", "/v1/notes?page=2"):
        reply = send(open_proxy.port, request("OPTIONS", target, ORIGIN, *ASKS))
        assert (reply.status, reply.body) == (204, b"")
        # For a browser, `*` does not include Authorization.
        assert allowed(reply) == {
            "Allow-Origin": "*",
            "Allow-Headers": "Authorization, *",
            "Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
        }
        assert reply.value("access-control-max-age") == "86400"
        assert reply.value("access-control-allow-credentials") == ""
    assert upstream.since(before) == []


def test_what_is_no_preflight_is_asked_about(open_proxy, upstream, keys):
    before = len(upstream.hits)
    for method, *headers in (
        ("OPTIONS",),
        ("OPTIONS", ORIGIN),
        ("OPTIONS", *ASKS),
        ("OPTIONS", ORIGIN, *ASKS[1:]),
        ("OPTIONS", ORIGIN, "X-Access-Control-Request-Method: POST"),
        ("OPTIONS", ORIGIN, "Access_Control_Request_Method: POST"),
        ("POST", ORIGIN, *ASKS),
        ("GET", ORIGIN, *ASKS),
    ):
        reply = send(open_proxy.port, request(method, "/v1/notes", *headers))
        assert reply.status in {401, 403}, (method, headers)
    assert upstream.since(before) == []
    assert send(open_proxy.port, request("OPTIONS", "/v1/public", ORIGIN)).status == 200
    assert [hit.method for hit in upstream.since(before)] == ["OPTIONS"]


def test_refusals_can_be_read_and_the_apis_own_answers_are_the_apis(open_proxy, keydesk, keys):
    limited = keydesk.key("notes:read", rate_requests=1, rate_seconds=60)["key"]
    for status, method, key in (
        (401, "GET", None),
        (401, "GET", keys.revoked),
        (403, "POST", keys.notes),
        (200, "GET", limited),
        (429, "GET", limited),
    ):
        lines = [f"X-Api-Key: {key}"] if key else []
        reply = send(open_proxy.port, request(method, "/v1/notes", ORIGIN, *lines))
        assert reply.status == status
        assert reply.value("access-control-allow-origin") == "*"
        assert reply.value("access-control-expose-headers") == ("" if status == 200 else "*")
    # The API says so to who names an origin.
    reply = send(open_proxy.port, request("GET", "/v1/notes", f"X-Api-Key: {keys.notes}"))
    assert reply.value("access-control-allow-origin") == ""


def test_as_shipped_nobody_is_allowed(proxy, upstream, keys):
    before = len(upstream.hits)
    preflight = send(proxy.port, request("OPTIONS", "/v1/notes", ORIGIN, *ASKS))
    refused = send(proxy.port, request("GET", "/v1/notes", ORIGIN))
    assert {preflight.status, refused.status} <= {401, 403}
    assert [set(allowed(reply).values()) for reply in (preflight, refused)] == [{""}, {""}]
    assert upstream.since(before) == []


def test_a_program_in_a_browser_reads_the_answer_and_why_it_was_refused(open_proxy, proxies, upstream, keydesk, keys):
    limited = keydesk.key("notes:read", rate_requests=1, rate_seconds=60)["key"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{upstream.port}/")

        def call(key, at=open_proxy):
            return page.evaluate(CALL, [f"{at.url}/v1/notes", key])

        assert call(limited) == [200, None, False]
        assert call(limited) == [429, "RATE_LIMITED", True]
        assert call(keys.revoked) == [401, "KEY_REVOKED", False]
        assert call(keys.cache) == [403, "INSUFFICIENT_SCOPE", False]
        assert call(None) == [401, "MISSING_CREDENTIAL", False]
        # As shipped.
        assert call(keys.notes, proxies(open_proxy.name)) is None
        browser.close()


def test_traefiks_lines_are_a_middleware_in_front_of_the_question():
    text = (ROOT / "deploy" / "traefik" / "dynamic.yml").read_text()
    http = yaml.safe_load(text.replace("#cors ", ""))["http"]
    assert http["routers"]["guarded-api"]["middlewares"] == ["cors", "keydesk", "forget"]
    headers = http["middlewares"]["cors"]["headers"]
    assert headers["accessControlAllowOriginList"] == ["*"]
    assert headers["accessControlAllowHeaders"] == ["Authorization", "*"]
    shipped = yaml.safe_load(text)["http"]
    assert shipped["routers"]["guarded-api"]["middlewares"] == ["keydesk", "forget"]
    assert "cors" not in shipped["middlewares"]
