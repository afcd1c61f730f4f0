"""Every route has a declared guard, and the sweep of routes, credentials and roles is the reviewed table."""

from enum import StrEnum

import pytest
from flask import Flask, request

from app.http import guards
from app.http.guards import (
    Guard,
    Public,
    RequireKey,
    RequireKeyManager,
    RequireKeyOrMember,
    RequireMember,
    RequireScope,
    RequireScopeOrMember,
    RequireSignIn,
)
from app.web.metrics import RequireMetricsToken


class Visitor(StrEnum):
    """Whoever sends a request, by the credential that they carry."""

    NOBODY = "no credential"
    STRANGER = "session of a member of another organization"
    OWNER = "session of an owner"
    ADMIN = "session of an admin"
    MEMBER = "session of a member"
    VIEWER = "session of a viewer"
    SESSION_TOKEN = "session token of the owner"
    NOTES_KEY = "key with notes:read"
    CACHE_KEY = "key with cache:invalidate"
    READING_KEY = "key with agent:r"
    INSTALL_ID = "install id"


ANYBODY = frozenset(Visitor)
NONE_OF_THESE: frozenset[Visitor] = frozenset()
MEMBERS_WHO_MAY_CREATE_KEYS = frozenset({Visitor.OWNER, Visitor.ADMIN, Visitor.MEMBER})
MEMBERS_WHO_SET_THE_KEY_POLICY = frozenset({Visitor.OWNER, Visitor.ADMIN})
MEMBERS_WHO_MANAGE_MEMBERS = frozenset({Visitor.OWNER, Visitor.ADMIN})
OWNERS = frozenset({Visitor.OWNER})
MEMBERS_WHO_RENAME = MEMBERS_WHO_SET_THE_KEY_POLICY
MEMBERS_WHO_MAY_READ_THE_AUDIT_LOG = MEMBERS_WHO_MAY_CREATE_KEYS
MEMBERS = MEMBERS_WHO_MAY_CREATE_KEYS | {Visitor.VIEWER}
SIGNED_IN = MEMBERS | {Visitor.STRANGER}
SIGNED_IN_OR_BY_SESSION_TOKEN = SIGNED_IN | {Visitor.SESSION_TOKEN}
KEYS = frozenset({Visitor.NOTES_KEY, Visitor.CACHE_KEY, Visitor.READING_KEY, Visitor.INSTALL_ID})
KEYS_THAT_READ = frozenset({Visitor.READING_KEY, Visitor.INSTALL_ID})
KEYS_THAT_INVALIDATE = frozenset({Visitor.CACHE_KEY, Visitor.INSTALL_ID})
KEYS_FOR_NOTES = frozenset({Visitor.NOTES_KEY})

#: Whom each route lets in.
REVIEWED = {
    "GET /healthz": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /metrics": NONE_OF_THESE,
    "GET /static/<path:filename>": ANYBODY,
    "GET /sign-in": ANYBODY,
    "POST /sign-in": ANYBODY,
    "POST /sign-in/again": ANYBODY,
    "GET /v1/auth/callback": ANYBODY,
    "POST /v1/auth/callback": ANYBODY,
    "POST /v1/auth/request": ANYBODY,
    "POST /v1/auth/sign-out": ANYBODY,
    "GET /": SIGNED_IN,
    "GET /sessions": SIGNED_IN,
    "POST /sessions/<session>/end": SIGNED_IN,
    "POST /sessions/end-others": SIGNED_IN,
    "GET /account/mails": SIGNED_IN,
    "POST /account/mails": SIGNED_IN,
    "GET /v1/orgs": SIGNED_IN,
    "POST /v1/orgs": SIGNED_IN,
    "PATCH /v1/orgs/<org>": MEMBERS_WHO_RENAME,
    "DELETE /v1/orgs/<org>": OWNERS,
    "GET /orgs/<org>/settings/delete": OWNERS,
    "POST /orgs/<org>/settings/delete": OWNERS,
    "GET /orgs/new": SIGNED_IN,
    "POST /orgs/new": SIGNED_IN,
    "GET /orgs/<org>/usage": MEMBERS,
    "GET /orgs/<org>/members": MEMBERS,
    "GET /orgs/<org>/members/<person>/role": MEMBERS_WHO_MANAGE_MEMBERS,
    "POST /orgs/<org>/members/<person>/role": MEMBERS_WHO_MANAGE_MEMBERS,
    "GET /orgs/<org>/members/<person>/remove": MEMBERS_WHO_MANAGE_MEMBERS,
    "POST /orgs/<org>/members/<person>/remove": MEMBERS_WHO_MANAGE_MEMBERS,
    "GET /orgs/<org>/members/leave": MEMBERS,
    "POST /orgs/<org>/members/leave": MEMBERS,
    "GET /orgs/<org>/audit-log": MEMBERS,
    "POST /orgs/<org>/audit-log/check": MEMBERS_WHO_MAY_READ_THE_AUDIT_LOG,
    "GET /orgs/<org>/audit-log/export.csv": MEMBERS_WHO_MAY_READ_THE_AUDIT_LOG,
    "GET /orgs/<org>/audit-log/export.jsonl": MEMBERS_WHO_MAY_READ_THE_AUDIT_LOG,
    "GET /orgs/<org>/settings": MEMBERS,
    "POST /orgs/<org>/settings": MEMBERS_WHO_RENAME,
    "GET /orgs/<org>/settings/keys": MEMBERS,
    "POST /orgs/<org>/settings/keys": MEMBERS_WHO_SET_THE_KEY_POLICY,
    "GET /orgs/<org>/keys": MEMBERS,
    "GET /orgs/<org>/keys/search": MEMBERS,
    "POST /orgs/<org>/keys/search": MEMBERS,
    "GET /orgs/<org>/keys/export.csv": MEMBERS,
    "GET /orgs/<org>/keys/revoke": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /orgs/<org>/keys/revoke": MEMBERS_WHO_MAY_CREATE_KEYS,
    "GET /orgs/<org>/keys/new": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /orgs/<org>/keys/new": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /orgs/<org>/shown-key/keydesk.env": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /orgs/<org>/shown-key/test": MEMBERS_WHO_MAY_CREATE_KEYS,
    "GET /orgs/<org>/keys/<key>": MEMBERS,
    "GET /orgs/<org>/keys/<key>/change": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /orgs/<org>/keys/<key>/change": MEMBERS_WHO_MAY_CREATE_KEYS,
    "GET /orgs/<org>/keys/<key>/revoke": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /orgs/<org>/keys/<key>/revoke": MEMBERS_WHO_MAY_CREATE_KEYS,
    "GET /orgs/<org>/keys/<key>/rotate": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /orgs/<org>/keys/<key>/rotate": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /orgs/<org>/keys/<key>/extend": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /orgs/<org>/keys/<key>/undo-revoke": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /orgs/<org>/keys/<key>/suspend": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /orgs/<org>/keys/<key>/resume": MEMBERS_WHO_MAY_CREATE_KEYS,
    "GET /orgs/<org>/keys/<key>/leaked": MEMBERS_WHO_MAY_CREATE_KEYS,
    "GET /v1/orgs/<org>/members": MEMBERS,
    "GET /v1/orgs/<org>/members/<person>": MEMBERS,
    "PATCH /v1/orgs/<org>/members/<person>": MEMBERS_WHO_MANAGE_MEMBERS,
    # Everybody leaves by themselves.
    "DELETE /v1/orgs/<org>/members/<person>": MEMBERS,
    "GET /orgs/<org>/invitations/new": MEMBERS_WHO_MANAGE_MEMBERS,
    "POST /orgs/<org>/invitations/new": MEMBERS_WHO_MANAGE_MEMBERS,
    "POST /orgs/<org>/invitations/<invitation>/withdraw": MEMBERS_WHO_MANAGE_MEMBERS,
    "GET /invitations/<invitation>": ANYBODY,
    "POST /invitations/<invitation>/sign-in": ANYBODY,
    "POST /invitations/<invitation>/accept": SIGNED_IN,
    "POST /invitations/<invitation>/decline": SIGNED_IN,
    "GET /v1/orgs/<org>/invitations": MEMBERS_WHO_MANAGE_MEMBERS,
    "POST /v1/orgs/<org>/invitations": MEMBERS_WHO_MANAGE_MEMBERS,
    "DELETE /v1/orgs/<org>/invitations/<invitation>": MEMBERS_WHO_MANAGE_MEMBERS,
    "GET /v1/orgs/<org>/keys": MEMBERS,
    "POST /v1/orgs/<org>/keys": MEMBERS_WHO_MAY_CREATE_KEYS,
    "GET /v1/orgs/<org>/keys/<key>": MEMBERS,
    "PATCH /v1/orgs/<org>/keys/<key>": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /v1/orgs/<org>/keys/<key>/revoke": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /v1/orgs/<org>/keys/<key>/rotate": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /v1/orgs/<org>/keys/<key>/extend": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /v1/orgs/<org>/keys/<key>/undo-revoke": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /v1/orgs/<org>/keys/<key>/suspend": MEMBERS_WHO_MAY_CREATE_KEYS,
    "POST /v1/orgs/<org>/keys/<key>/resume": MEMBERS_WHO_MAY_CREATE_KEYS,
    "GET /v1/orgs/<org>/key-policy": MEMBERS,
    "PATCH /v1/orgs/<org>/key-policy": MEMBERS_WHO_SET_THE_KEY_POLICY,
    "GET /v1/me": KEYS,
    "GET /v1/telemetry": KEYS_THAT_READ | MEMBERS,
    "GET /v1/audit": KEYS_THAT_READ | MEMBERS_WHO_MAY_READ_THE_AUDIT_LOG,
    "GET /v1/vpat": KEYS_THAT_READ | MEMBERS,
    "POST /v1/cache/invalidate": KEYS_THAT_INVALIDATE,
    "POST /v1/keys/verify": NONE_OF_THESE,
    "GET /v1/notes": KEYS_FOR_NOTES,
    "GET /v1/notes/<note>": KEYS_FOR_NOTES,
    "POST /v1/notes": NONE_OF_THESE,
    "PUT /v1/notes/<note>": NONE_OF_THESE,
    "PATCH /v1/notes/<note>": NONE_OF_THESE,
    "DELETE /v1/notes/<note>": NONE_OF_THESE,
    "POST /v1/listen": frozenset({Visitor.INSTALL_ID}),
    "POST /v1/auth/email-code": ANYBODY,
    "POST /v1/auth/email-code/verify": ANYBODY,
    "POST /v1/agent/sign-up": ANYBODY,
    "POST /v1/agent/verify": ANYBODY,
    "POST /v1/device/authorize": ANYBODY,
    "POST /v1/device/token": ANYBODY,
    "GET /accessibility": ANYBODY,
    "GET /install-ids": ANYBODY,
    "GET /guide": ANYBODY,
    "GET /guide/agents": ANYBODY,
    "GET /docs": ANYBODY,
    "GET /openapi.json": ANYBODY,
    "GET /auth.md": ANYBODY,
    "GET /llms.txt": ANYBODY,
    "GET /.well-known/oauth-protected-resource": ANYBODY,
    "GET /.well-known/oauth-protected-resource/<path:path>": ANYBODY,
    "GET /.well-known/oauth-authorization-server": ANYBODY,
    "GET /device": SIGNED_IN,
    "GET /device/approved/<grant>": SIGNED_IN,
    "POST /device": SIGNED_IN,
    "POST /device/decide": SIGNED_IN,
    "POST /v1/keys/create": SIGNED_IN_OR_BY_SESSION_TOKEN,
    "GET /v1/keys/list": SIGNED_IN_OR_BY_SESSION_TOKEN,
    "POST /v1/keys/<key>/revoke": SIGNED_IN_OR_BY_SESSION_TOKEN,
    "GET /v1/credits/balance": KEYS | MEMBERS,
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
        guards.enforce(app, request)


def test_the_reviewed_table_lists_every_route(app):
    assert {name for name, _, _ in routes(app)} == set(REVIEWED)


def test_the_sweep_of_routes_credentials_and_roles_is_the_reviewed_table(app, cast):
    """Each visitor sends each route a real request; whether the guard lets it through to the view is what counts."""
    alice = cast.alice
    key_id = alice.create_key()["id"]
    visitors = {
        Visitor.NOBODY: (cast.nobody().http, {}),
        Visitor.STRANGER: (cast.charlie.http, {}),
        Visitor.OWNER: (alice.http, {}),
        Visitor.ADMIN: (cast.adam.http, {}),
        Visitor.MEMBER: (cast.bob.http, {}),
        Visitor.VIEWER: (cast.vera.http, {}),
        Visitor.SESSION_TOKEN: (cast.nobody().http, {"Authorization": f"Bearer {cast.session_token(alice)}"}),
        Visitor.NOTES_KEY: (cast.nobody().http, {"x-api-key": alice.create_key(scopes=["notes:read"])["key"]}),
        Visitor.CACHE_KEY: (cast.nobody().http, {"x-api-key": alice.create_key(scopes=["cache:invalidate"])["key"]}),
        Visitor.READING_KEY: (cast.nobody().http, {"x-api-key": alice.create_key(scopes=["agent:r"])["key"]}),
        Visitor.INSTALL_ID: (cast.nobody().http, {"x-install-id": cast.install_id()}),
    }
    seen = dict.fromkeys(REVIEWED, NONE_OF_THESE)
    for visitor, (client, headers) in visitors.items():
        for name, rule, method in routes(app):
            admitted = []
            view = app.view_functions[rule.endpoint]
            app.view_functions[rule.endpoint] = spy = lambda _seen=admitted, **_: _seen.append(1) or ""
            spy.guard = view.guard
            try:
                path = rule.rule.replace("<org>", alice.org).replace("<key>", key_id)
                takes_org_id = isinstance(view.guard, RequireKeyOrMember | RequireScopeOrMember)
                query = {"org_id": alice.org} if takes_org_id else {}
                client.open(path, method=method, headers=headers, query_string=query)
            finally:
                app.view_functions[rule.endpoint] = view
            if admitted:
                seen[name] |= {visitor}
    assert seen == REVIEWED


def test_guards_are_of_nine_kinds(app):
    kinds = {type(app.view_functions[rule.endpoint].guard) for _, rule, _ in routes(app)}
    assert kinds == {
        Public,
        RequireSignIn,
        RequireMember,
        RequireKeyManager,
        RequireKey,
        RequireKeyOrMember,
        RequireScope,
        RequireScopeOrMember,
        RequireMetricsToken,
    }
