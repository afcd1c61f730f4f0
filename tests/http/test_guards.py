"""Every route has a declared guard, and the sweep of routes, credentials and roles is the reviewed table."""

import pytest
from flask import Flask, request

from app.http import guards
from app.http.guards import Guard, Public, RequireKey, RequireKeyManager, RequireMember, RequireScope, RequireSignIn

#: What each route lets in: `-` nobody signed in or keyed, `s` any session, the organization's owner, admin, member and
#: viewer by their letters, `t` a session token of the owner, `k` any key, `c` one of cache:invalidate, `r` one of
#: agent:r, `i` an install id.
REVIEWED = {
    "GET /healthz": "-soamvtkcri",
    "GET /readyz": "-soamvtkcri",
    "GET /static/<path:filename>": "-soamvtkcri",
    "GET /sign-in": "-soamvtkcri",
    "POST /sign-in": "-soamvtkcri",
    "GET /v1/auth/callback": "-soamvtkcri",
    "POST /v1/auth/callback": "-soamvtkcri",
    "POST /v1/auth/request": "-soamvtkcri",
    "POST /v1/auth/sign-out": "-soamvtkcri",
    "GET /": "soamv",
    "GET /sessions": "soamv",
    "POST /sessions/<session>/end": "soamv",
    "GET /v1/orgs": "soamv",
    "GET /orgs/<org>/keys": "oamv",
    "GET /orgs/<org>/keys/new": "oam",
    "POST /orgs/<org>/keys/new": "oam",
    "GET /orgs/<org>/keys/<key>": "oamv",
    "GET /orgs/<org>/keys/<key>/change": "oam",
    "POST /orgs/<org>/keys/<key>/change": "oam",
    "GET /orgs/<org>/keys/<key>/revoke": "oam",
    "POST /orgs/<org>/keys/<key>/revoke": "oam",
    "GET /orgs/<org>/keys/<key>/rotate": "oam",
    "POST /orgs/<org>/keys/<key>/rotate": "oam",
    "GET /v1/orgs/<org>/keys": "oamv",
    "POST /v1/orgs/<org>/keys": "oam",
    "GET /v1/orgs/<org>/keys/<key>": "oamv",
    "PATCH /v1/orgs/<org>/keys/<key>": "oam",
    "POST /v1/orgs/<org>/keys/<key>/revoke": "oam",
    "POST /v1/orgs/<org>/keys/<key>/rotate": "oam",
    "GET /v1/me": "kcri",
    "GET /v1/telemetry": "ri",
    "GET /v1/audit": "ri",
    "GET /v1/vpat": "ri",
    "POST /v1/cache/invalidate": "ci",
    "POST /v1/keys/verify": "",
    "POST /v1/auth/email-code": "-soamvtkcri",
    "POST /v1/auth/email-code/verify": "-soamvtkcri",
    "POST /v1/agent/sign-up": "-soamvtkcri",
    "POST /v1/agent/verify": "-soamvtkcri",
    "POST /v1/device/authorize": "-soamvtkcri",
    "POST /v1/device/token": "-soamvtkcri",
    "GET /install-ids": "-soamvtkcri",
    "GET /docs": "-soamvtkcri",
    "GET /openapi.json": "-soamvtkcri",
    "GET /auth.md": "-soamvtkcri",
    "GET /llms.txt": "-soamvtkcri",
    "GET /.well-known/oauth-protected-resource": "-soamvtkcri",
    "GET /.well-known/oauth-authorization-server": "-soamvtkcri",
    "GET /device": "soamv",
    "POST /device": "soamv",
    "POST /device/decide": "soamv",
    "POST /v1/keys/create": "soamvt",
    "GET /v1/keys/list": "soamvt",
    "POST /v1/keys/<key>/revoke": "soamvt",
    "GET /v1/credits/balance": "kcri",
}


@pytest.fixture(autouse=True)
def every_answer_is_described():
    """Not here: views are replaced."""


def routes(app):
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield f"{method} {rule.rule}", rule, method


def test_every_route_declares_a_guard(app):
    for name, rule, _ in routes(app):
        assert isinstance(getattr(app.view_functions[rule.endpoint], "guard", None), Guard), name


def test_every_public_route_says_why(app):
    for name, rule, _ in routes(app):
        guard = app.view_functions[rule.endpoint].guard
        assert not isinstance(guard, Public) or len(guard.because) > 10, name


def test_a_route_without_a_guard_is_closed():
    app = Flask("bare")
    app.add_url_rule("/open", "open", lambda: "open")
    with app.test_request_context("/open"), pytest.raises(guards.Forbidden):
        guards.enforce(request)


def test_the_reviewed_table_lists_every_route(app):
    assert {name for name, _, _ in routes(app)} == set(REVIEWED)


def test_the_sweep_of_routes_credentials_and_roles_is_the_reviewed_table(app, cast):
    """Each visitor sends each route a real request; whether the guard lets it through to the view is what counts."""
    alice = cast.alice
    key_id = alice.create_key()["id"]
    visitors = {
        "-": (cast.nobody().http, {}),
        "s": (cast.charlie.http, {}),
        "o": (alice.http, {}),
        "a": (cast.adam.http, {}),
        "m": (cast.bob.http, {}),
        "v": (cast.vera.http, {}),
        "t": (cast.nobody().http, {"Authorization": f"Bearer {cast.session_token(alice)}"}),
        "k": (cast.nobody().http, {"x-api-key": alice.create_key(scopes=["notes:read"])["key"]}),
        "c": (cast.nobody().http, {"x-api-key": alice.create_key(scopes=["cache:invalidate"])["key"]}),
        "r": (cast.nobody().http, {"x-api-key": alice.create_key(scopes=["agent:r"])["key"]}),
        "i": (cast.nobody().http, {"x-install-id": cast.install_id()}),
    }
    seen = {name: "" for name, _, _ in routes(app)}
    for letter, (client, headers) in visitors.items():
        for name, rule, method in routes(app):
            admitted = []
            view = app.view_functions[rule.endpoint]
            app.view_functions[rule.endpoint] = spy = lambda _seen=admitted, **_: _seen.append(1) or ""
            spy.guard = view.guard
            try:
                path = rule.rule.replace("<org>", alice.org).replace("<key>", key_id)
                client.open(path, method=method, headers=headers)
            finally:
                app.view_functions[rule.endpoint] = view
            seen[name] += letter if admitted else ""
    assert seen == REVIEWED


def test_guards_are_of_six_kinds(app):
    kinds = {type(app.view_functions[rule.endpoint].guard) for _, rule, _ in routes(app)}
    assert kinds == {Public, RequireSignIn, RequireMember, RequireKeyManager, RequireKey, RequireScope}
