"""Snippets of code beside a key: which route they call, and that they run as they stand."""

import html
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest
import yaml
from flask import g, render_template_string

from app import create_app
from app.config import load_settings
from app.domain.route_policy import Route, Scope
from app.web import snippets
from app.web.snippets import Call
from tests.config.environments import PRODUCTION
from tests.servers import serving
from tests.system.visitors import Visitor
from tests.web.pages import Page

API, OTHER = "https://api.example.com", "https://other.example.com"
ME = "http://localhost:7860/v1/me"


@pytest.fixture
def route_for(app):
    def route_for(*scopes):
        with app.test_request_context():
            call = snippets.route_for(scopes)
            return call.method, call.url, " ".join(call.hints)

    return route_for


@pytest.fixture
def with_routes(runtime, set_settings):
    """The shipped routes and `routes`, at an API with an address."""

    def with_routes(*routes, apis=(API,), first=False):
        policy = runtime.settings.policy
        more = {route.scope: Scope(route.scope, "More") for route in routes if route.scope not in policy.scopes}
        listed = (*routes, *policy.routes) if first else (*policy.routes, *routes)
        set_settings(policy=replace(policy, scopes=policy.scopes | more, routes=listed), api_urls=apis)

    return with_routes


# Which route.


def test_without_the_address_of_an_api_it_is_one_that_any_key_may_call(tmp_path):
    app = create_app(load_settings(PRODUCTION, instance_path=tmp_path))
    me = "https://keys.example.com/v1/me"
    any_key = "Any key may call this route; it answers what the key is."
    with app.test_request_context():
        assert snippets.route_for(["agent:r"]) == Call("GET", me, (any_key,))
        example = "Call your API in the same way, for example GET /v1/notes."
        assert snippets.route_for(["notes:write"]) == Call("GET", me, (any_key, example))


def test_in_dev_mode_it_is_one_of_the_sample_api_or_of_keydesks_own(route_for):
    sample = "A sample API answers it, in dev mode only."
    assert route_for("notes:read") == ("GET", "http://localhost:7860/v1/notes", sample)
    assert route_for("notes:write") == ("GET", "http://localhost:7860/v1/notes", sample)
    assert route_for("agent:r") == ("GET", "http://localhost:7860/v1/telemetry", "")
    assert route_for("cache:invalidate") == ("POST", "http://localhost:7860/v1/cache/invalidate", "")
    assert route_for()[:2] == ("GET", ME)


def test_it_is_a_route_of_the_api_that_the_key_opens(route_for, with_routes):
    with_routes()
    assert route_for("notes:read") == ("GET", f"{API}/v1/notes", "")
    assert route_for("notes:write") == ("GET", f"{API}/v1/notes", "")
    assert route_for("agent:r", "notes:read") == ("GET", f"{API}/v1/notes", "")


def test_keydesks_own_routes_are_asked_at_keydesk(route_for, with_routes):
    with_routes()
    assert route_for("cache:invalidate") == ("POST", "http://localhost:7860/v1/cache/invalidate", "")
    assert route_for("agent:r") == ("GET", "http://localhost:7860/v1/telemetry", "")


def test_what_reads_at_keydesk_comes_before_what_changes_at_the_api(route_for, with_routes):
    with_routes()
    assert route_for("agent:rw") == ("GET", "http://localhost:7860/v1/telemetry", "")


def test_a_route_that_reads_costs_nothing_and_needs_nothing_comes_first(route_for, with_routes):
    paths = [
        Route("POST", "/orders", "orders"),
        Route("GET", "/orders/{order_id}", "orders"),
        Route("GET", "/report", "orders", 5),
        Route("GET", "/orders", "orders"),
    ]
    expected = [
        ("GET", f"{API}/orders", ""),
        ("GET", f"{API}/report", "It costs 5 credits."),
        ("GET", f"{API}/orders/{{order_id}}", "Replace {order_id}."),
        ("POST", f"{API}/orders", ""),
    ]
    for best in expected:
        with_routes(*paths)
        assert route_for("orders") == best
        paths = [path for path in paths if (path.method, API + path.path) != best[:2]]


def test_a_websocket_a_public_route_and_a_shadowed_one_are_not_called(route_for, with_routes):
    with_routes(
        Route("WEBSOCKET", "/stream", "stream"),
        Route("GET", "/about", "", public=True),
        Route("GET", "/stream/{name}", "notes:read"),
        Route("GET", "/stream/one", "stream"),
    )
    assert route_for("stream")[:2] == ("GET", ME)
    assert route_for()[:2] == ("GET", ME)
    assert route_for("no longer in the policy")[:2] == ("GET", ME)


def test_with_several_apis_the_others_are_named(route_for, with_routes):
    with_routes(apis=(API, OTHER))
    assert route_for("notes:read")[1:] == (
        f"{API}/v1/notes",
        f"The route may be at another of your APIs instead: {OTHER}.",
    )


# As they stand on the page.


def revealed(text):
    """Each snippet, as the page shows it."""
    found = re.findall(r'<code id="(\w+)"[^>]*>(.*?)</code>', text, re.DOTALL)
    return {name: html.unescape(code) for name, code in found}


def create(actor, *scopes):
    sent = {"name": "CI", "scopes": list(scopes), "expires": "90"}
    page = Page(actor.http.post(f"/orgs/{actor.org}/keys/new", data=sent))
    return page, revealed(page.text)


def test_without_the_secret_all_code_reads_the_key_from_the_environment(alice, app):
    with app.test_request_context("/"):
        page = render_template_string(
            '{% from "components/snippets.html" import snippets %}{{ snippets(call) }}',
            call=snippets.Call("GET", ME),
        )
        assert not g.get("shows_secret")
    code = revealed(page)
    assert code["curl"] == f'curl {ME} -H "x-api-key: $KEYDESK_API_KEY"'
    assert "data-secret" not in page


def test_only_the_command_for_curl_holds_the_key(alice):
    _, code = create(alice, "notes:read")
    assert list(code) == ["key", "curl", "python", "javascript", "go", "actions"]
    assert [name for name, text in code.items() if code["key"] in text] == ["key", "curl"]
    for name in ("python", "javascript", "go", "actions"):
        assert "KEYDESK_API_KEY" in code[name]


def test_what_needs_quoting_in_a_path_is_quoted_everywhere(alice, with_routes):
    with_routes(Route("GET", '/it\'s {name} & "<b>" $(reboot) ü', "odd"))
    page, code = create(alice, "odd")
    url = f"{API}/it's%20{{name}}%20&%20%22%3Cb%3E%22%20$(reboot)%20%C3%BC"
    assert "<b>" not in page.text.replace("<b>whole", "")
    words = subprocess.run(
        ["bash", "-c", code["curl"].replace("curl", "printf '%s\\n'", 1)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert words == [url, "-H", f"x-api-key: {code['key']}"]
    python = re.search(r"Request\(\n    (.*),\n", code["python"])[1]
    assert eval(python) == url
    printed = subprocess.run(
        ["node", "-e", f"console.log({re.search(r'fetch[(](.*), [{]', code['javascript'])[1]})"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.strip() == url


@pytest.fixture(scope="module")
def keydesk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("snippets")
    with (
        serving(f"sqlite:///{folder / 'keydesk.db'}", folder, API_URLS="http://api.localhost:9") as server,
        Visitor(server) as visitor,
    ):
        visitor.sign_in("alice@example.com")
        yield visitor


@pytest.fixture(scope="module")
def code(keydesk):
    sent = {"name": "CI", "scopes": ["cache:invalidate"], "expires": "90"}
    return revealed(keydesk.http.post(f"{keydesk.server.url}/orgs/{keydesk.org}/keys/new", data=sent).text)


def run(code, *command):
    """Runs it with the key in the environment; what it prints."""
    environ = {"PATH": os.environ["PATH"], "KEYDESK_API_KEY": code["key"]}
    done = subprocess.run(command, check=False, env=environ, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["curl", "python", "javascript", "actions"])
def test_a_snippet_runs_as_it_stands_on_the_page(code, name):
    interpreters = {
        "curl": ["bash", "-c"],
        "python": [sys.executable, "-c"],
        "javascript": ["node", "--input-type=module", "--eval"],
        "actions": ["bash", "-eo", "pipefail", "-c"],
    }
    text = code[name]
    if name == "actions":
        (step,) = yaml.safe_load(text)
        assert step["env"] == {"KEYDESK_API_KEY": "${{ secrets.KEYDESK_API_KEY }}"}
        text = step["run"]
    assert '"generation":' in run(code, *interpreters[name], text)
    assert "/v1/cache/invalidate" in text


def test_the_file_is_read_by_a_shell_and_by_node(keydesk, code, tmp_path):
    url = f"{keydesk.server.url}/orgs/{keydesk.org}/shown-key/keydesk.env"
    (tmp_path / "keydesk.env").write_bytes(keydesk.http.post(url, data={"key": code["key"]}).content)
    shell = f"unset KEYDESK_API_KEY; set -a; . {tmp_path}/keydesk.env; printenv KEYDESK_API_KEY"
    assert run(code, "bash", "-c", shell).strip() == code["key"]
    node = ["node", f"--env-file={tmp_path}/keydesk.env", "-p", "process.env.KEYDESK_API_KEY"]
    assert run({"key": ""}, "env", "-u", "KEYDESK_API_KEY", *node).strip() == code["key"]
