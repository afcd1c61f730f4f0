"""The policy file: what grants what, and which route needs which scope."""

import tomllib
from pathlib import Path

import pytest

from app.domain.errors import UnknownScope
from app.domain.route_policy import PolicyError, parse_policy

SHIPPED = parse_policy(tomllib.loads((Path(__file__).parents[2] / "app" / "route_policy.toml").read_text()))


def policy(**changes):
    document = {"default_scopes": ["a"], "scopes": {"a": {"description": "A"}}, "routes": []}
    return parse_policy(document | changes)


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("agent:rw", {"agent:rw", "agent:r", "cache:invalidate"}),
        ("agent:r", {"agent:r"}),
        ("cache:invalidate", {"cache:invalidate"}),
        ("notes:read", {"notes:read"}),
        ("notes:write", {"notes:write", "notes:read"}),
        ("keys:verify", {"keys:verify"}),
    ],
)
def test_the_shipped_catalogue_grants_what_the_contract_says(scope, granted):
    assert SHIPPED.granted([scope]) == granted
    assert SHIPPED.default_scopes == ("agent:rw",)


def test_a_scope_that_left_the_catalogue_allows_nothing():
    assert SHIPPED.granted(["gone"]) == frozenset()


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/telemetry", "agent:r"),
        ("HEAD", "/v1/telemetry", "agent:r"),
        ("POST", "/v1/cache/invalidate", "cache:invalidate"),
        ("DELETE", "/v1/notes/17", "notes:write"),
        ("WEBSOCKET", "/v1/listen", "agent:rw"),
    ],
)
def test_a_route_names_its_scope(method, path, scope):
    assert SHIPPED.route(method, path).scope == scope


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/telemetry"),
        ("GET", "/v1/notes/"),
        ("GET", "/v1/notes/1/2"),
        ("GET", "/v1/notesX"),
        ("GET", "/v1/listen"),
    ],
)
def test_what_the_table_does_not_list_has_no_route(method, path):
    assert SHIPPED.route(method, path) is None


def test_unknown_scopes_are_named_with_the_known_ones():
    with pytest.raises(UnknownScope) as refused:
        policy().check_known(["a", "b"])
    assert refused.value.details == {"unknown": ["b"], "known": ["a"]}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"default_scopes": []}, "default_scopes"),
        ({"default_scopes": ["b"]}, "default_scopes"),
        ({"scopes": {"a": {}}}, "scopes.a"),
        ({"scopes": {"a": {"description": "A", "grants": ["b"]}}}, "'b'"),
        ({"routes": [{"path": "/", "scope": "a"}]}, "method is missing"),
        ({"routes": [{"method": "GET", "path": "/", "scope": "b"}]}, "entry 1"),
        ({"routes": [{"method": "GET", "path": "x", "scope": "a"}]}, "must start with /"),
        ({"routes": [{"method": "GET", "path": "/", "scope": "a", "cost": -1}]}, "cost"),
        ({"routes": [{"method": "GET", "path": "/", "scope": "a", "cost": True}]}, "cost"),
        ({"routes": [{"method": "GET", "path": "/", "scope": "a", "public": True}]}, "public route has no scope"),
        ({"routes": [{"method": "GET", "path": "/", "cost": 0, "public": True}]}, "public route has no scope"),
        ({"routes": [{"method": "GET", "path": "/", "public": "yes"}]}, "public must be true or false"),
        ({"routes": [{"method": "GET", "path": "/", "scope": "a", "public": 1}]}, "public must be true or false"),
        ({"routes": [{"method": "GET", "path": "/", "public": False}]}, "scope is missing"),
        ({"routes": [{"method": "GET", "path": "/", "scope": "a", "costs": 5}]}, "entry 1: unknown field costs"),
        ({"scopes": {"a": {"description": "A", "grant": []}}}, "scopes.a: unknown field grant"),
        ({"route": []}, "unknown field route"),
        ({"scopes": {"a": {"description": "A", "operators_only": 1}}}, "operators_only must be"),
        ({"scopes": {"a": {"description": "A", "operators_only": True}}}, "default_scopes"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_by_place(changes, named):
    with pytest.raises(PolicyError, match=named):
        policy(**changes)


@pytest.mark.parametrize("name", ["notizen:prüfen", "notes read", "", 'a"b', "a\\b", "a\n", "a\x7f", "a\u200b"])
def test_a_scope_that_no_header_can_carry_is_refused_by_name(name):
    with pytest.raises(PolicyError) as refused:
        policy(scopes={"a": {"description": "A"}, name: {"description": "B"}})
    assert str(refused.value).startswith(f"scopes.{name!r}: rename it")


def test_a_scope_may_have_every_character_of_the_standard():
    name = "!#$%&'()*+,-./0189:;<=>?@AZ[]^_`az{|}~"
    assert policy(scopes={"a": {"description": "A"}, name: {"description": "B"}}).granted([name]) == {name}


def test_scopes_that_grant_each_other_do_not_run_in_a_ring():
    ring = {"a": {"description": "A", "grants": ["b"]}, "b": {"description": "B", "grants": ["a"]}}
    assert policy(scopes=ring).granted(["a"]) == {"a", "b"}


def test_no_key_has_the_scope_of_a_public_route():
    route = policy(routes=[{"method": "GET", "path": "/", "public": True}]).route("HEAD", "/")
    assert (route.public, route.scope, route.cost) == (True, "", 0)
    assert route.scope not in policy().granted(["a", ""])


def test_a_public_row_takes_nothing_from_what_a_handshake_needs():
    for public, asking in (("GET", "WEBSOCKET"), ("WEBSOCKET", "GET")):
        needed = policy(
            routes=[{"method": public, "path": "/", "public": True}, {"method": asking, "path": "/", "scope": "a"}]
        ).handshake("/")
        assert (needed.public, needed.scope) == (False, "a")
    open_to_all = policy(routes=[{"method": method, "path": "/", "public": True} for method in ("GET", "WEBSOCKET")])
    assert open_to_all.handshake("/").public


def rows(*rows):
    scopes = {name: {"description": name} for name in "ab"} | {"ab": {"description": "Both", "grants": ["a", "b"]}}
    routes = [{"method": method, "path": "/x", "scope": scope, "cost": cost} for method, scope, cost in rows]
    return policy(scopes=scopes, routes=routes)


def test_a_handshake_needs_both_rows_of_its_path_and_costs_the_higher_one():
    both = rows(("WEBSOCKET", "a", 1), ("GET", "b", 5))
    needed = both.handshake("/x")
    assert (needed.scope, needed.cost) == ("a b", 5)
    opened = {name: needed.scope in both.satisfied([name]) for name in both.scopes}
    assert opened == {"a": False, "b": False, "ab": True}
    assert needed.scope in both.satisfied(["a", "b"])


@pytest.mark.parametrize(
    ("listed", "needed"),
    [
        ([("WEBSOCKET", "a", 1)], ("a", 1)),
        ([("GET", "b", 2)], ("b", 2)),
        ([("WEBSOCKET", "a", 3), ("GET", "a", 2)], ("a", 3)),
    ],
)
def test_a_handshake_needs_the_row_or_the_scope_that_there_is(listed, needed):
    row = rows(*listed).handshake("/x")
    assert (row.scope, row.cost) == needed
    assert rows(*listed).handshake("/y") is None
