"""The page of one key."""

from dataclasses import replace

import pytest

from app.domain.route_policy import Route
from tests.web.pages import Page


def path(actor, key, tail=""):
    return f"/orgs/{actor.org}/keys/{key['id']}{tail}"


def me(actor, key, **options):
    return actor.app.test_client().get("/v1/me", headers={"x-api-key": key["key"]}, **options)


@pytest.fixture
def key(alice):
    return alice.create_key(name="CI")


@pytest.fixture
def priced(runtime, set_settings):
    """A policy with a route that costs five credits."""
    policy = runtime.settings.policy
    routes = (*policy.routes, Route("POST", "/v1/pictures", "notes:write", 5), Route("GET", "/v1/one", "notes:read", 1))
    set_settings(policy=replace(policy, routes=routes))


def test_a_key_has_a_page_with_all_about_it(cast):
    alice = cast.alice
    limits = {"rate_limit": {"requests": 100, "window_seconds": 60}, "networks": ["127.0.0.0/8", "2001:db8::/32"]}
    key = alice.create_key(name="CI", scopes=["notes:write"], expires_in_days=30, **limits)
    fresh = Page(alice.http.get(path(alice, key)))
    assert "Never" in fresh.text
    assert "No requests in this time" in fresh.text
    me(alice, key)
    me(alice, key, environ_base={"REMOTE_ADDR": "203.0.113.7"})
    with alice.app.app_context():
        alice.app.extensions["runtime"].usage.flush()

    page = Page(alice.http.get(path(alice, key)))
    assert page.title == "CI · alice’s organization · Keydesk"
    for said in (
        "100 requests in any 60 seconds",
        "<code>127.0.0.0/8</code> <code>2001:db8::/32</code>",
        "DELETE /v1/notes/{id}",
        "by alice@example.com",
        "16 May 2026, 12:00 UTC",
        "just now</time> from 127.0.0.1 by Werkzeug/",
        "just now</time> from 203.0.113.7 by Werkzeug/",
        "The key cannot be used from 203.0.113.7.",
        "Created <time",
        '<dt class="total-ok">Let through</dt><dd>1</dd>',
        "1 refused: network not allowed",
        'curl http://localhost:7860/v1/notes -H "x-api-key: $KEYDESK_API_KEY"',
    ):
        assert said in page.text, said
    links = {link.partition("?")[0] for link in page.links}
    assert [path(alice, key, f"/{act}") in links for act in ("change", "rotate", "revoke")] == [True] * 3
    assert path(alice, key) in Page(alice.http.get(f"/orgs/{alice.org}/keys")).links
    readers = Page(cast.vera.http.get(path(alice, key)))
    assert not any(link.startswith(path(alice, key, "/")) for link in readers.links)


def test_a_key_without_limits_says_so(alice, key):
    page = Page(alice.http.get(path(alice, key))).text
    assert "<dt>Rate limit</dt><dd>No limit</dd>" in page
    assert "<dt>Can be used from</dt><dd>Anywhere</dd>" in page


def test_a_route_with_a_cost_says_what_it_takes(alice, priced):
    key = alice.create_key(scopes=["notes:write"])
    for page in (f"/orgs/{alice.org}/keys/new", path(alice, key), path(alice, key, "/change")):
        text = Page(alice.http.get(page)).text
        assert '<span class="route">POST /v1/pictures</span> (costs 5 credits)' in text
        assert '<span class="route">GET /v1/one</span> (costs 1 credit)' in text
        assert text.count("costs") == {True: 3, False: 2}["/new" in page or "/change" in page]


def test_use_of_earlier_days_is_not_shown(alice, key, clock):
    me(alice, key)
    with alice.app.app_context():
        alice.app.extensions["runtime"].usage.flush()
    clock.advance(hours=25)
    assert "No requests in this time" in alice.http.get(path(alice, key) + "?range=24h").text
    assert "No requests in this time" not in alice.http.get(path(alice, key) + "?range=7d").text
